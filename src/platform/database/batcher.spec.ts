import fc from 'fast-check';
import { Batcher } from './batcher.js';

/** A batcher whose batches wait until they are let go. */
function gated(options: { maxBatch: number; maxInFlight: number }) {
  const batches: { items: number[]; finish: () => void; fail: (error: Error) => void }[] = [];
  let most = 0;
  let open = 0;
  const batcher = new Batcher<number, number>((items) => {
    open += 1;
    most = Math.max(most, open);
    const answered = new Promise<number[]>((resolve, reject) => {
      batches.push({
        items,
        finish: () => resolve(items.map((item) => item * 2)),
        fail: reject,
      });
    });
    return answered.finally(() => (open -= 1));
  }, options);
  return { batcher, batches, mostInFlight: () => most };
}

/** Lets everything that is due happen. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('a batcher', () => {
  it('sends a lone item at once', async () => {
    const { batcher, batches } = gated({ maxBatch: 10, maxInFlight: 1 });
    const answer = batcher.add(1);
    await settle();
    expect(batches.map(({ items }) => items)).toEqual([[1]]);
    batches[0]?.finish();
    expect(await answer).toBe(2);
  });

  it('sends together what came while a batch was under way', async () => {
    const { batcher, batches } = gated({ maxBatch: 10, maxInFlight: 1 });
    const answers = [batcher.add(1)];
    await settle();
    answers.push(batcher.add(2), batcher.add(3));
    await settle();
    expect(batches).toHaveLength(1);
    expect(batcher.queued).toBe(2);
    batches[0]?.finish();
    await settle();
    expect(batches[1]?.items).toEqual([2, 3]);
    batches[1]?.finish();
    expect(await Promise.all(answers)).toEqual([2, 4, 6]);
  });

  it('fails the items of a failing batch with its error, and no others', async () => {
    const { batcher, batches } = gated({ maxBatch: 2, maxInFlight: 1 });
    const answers = [1, 2, 3].map((item) => batcher.add(item).catch((error: Error) => error.message));
    await settle();
    batches[0]?.fail(new Error('lost'));
    await settle();
    batches[1]?.finish();
    expect(await Promise.all(answers)).toEqual(['lost', 'lost', 6]);
  });

  it('gives everybody their own answer, in order, within its limits, whatever comes when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        async (arrivals, maxBatch, maxInFlight) => {
          const { batcher, batches, mostInFlight } = gated({ maxBatch, maxInFlight });
          const answers: Promise<number>[] = [];
          for (const count of arrivals) {
            for (let item = 0; item < count; item++) answers.push(batcher.add(answers.length));
            await settle();
            batches.at(-1)?.finish();
          }
          for (let done = 0; done < batches.length || batcher.queued > 0; done++) {
            batches[done]?.finish();
            await settle();
          }
          expect(await Promise.all(answers)).toEqual(answers.map((_, index) => index * 2));
          expect(batches.flatMap(({ items }) => items)).toEqual(answers.map((_, index) => index));
          expect(Math.max(...batches.map(({ items }) => items.length))).toBeLessThanOrEqual(maxBatch);
          expect(mostInFlight()).toBeLessThanOrEqual(maxInFlight);
        },
      ),
      { numRuns: 60 },
    );
  });
});
