import { EndOfTurn } from './end-of-turn.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what is left to the end of a turn', () => {
  it('waits for the ticks of this turn, and is then done in order', async () => {
    const end = new EndOfTurn();
    const done: string[] = [];
    end.add(() => done.push('first'));
    process.nextTick(() => end.add(() => done.push('second')));
    await Promise.resolve();
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual(['first', 'second']);
  });

  it('is done in the next turn when it was added at the end of one', async () => {
    const end = new EndOfTurn();
    const done: string[] = [];
    end.add(() => end.add(() => done.push('later')));
    await nextTurn();
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual(['later']);
  });
});
