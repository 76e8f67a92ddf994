import { preferCached, StickySessions, type StickyOption } from './sticky-sessions.js';

const option = (deploymentId: string, over: Partial<StickyOption<string>> = {}): StickyOption<string> => ({
  candidate: deploymentId,
  deploymentId,
  priority: 0,
  inputPrice: 10,
  cachedPrice: 1,
  ...over,
});

describe('the deployment that holds the cache of a conversation', () => {
  it('goes first among its equals', () => {
    expect(preferCached([option('a'), option('b'), option('c')], 'b')).toEqual({
      candidates: ['b', 'a', 'c'],
      kept: true,
    });
  });

  it('does not go before a higher priority', () => {
    const options = [option('a', { priority: 1 }), option('b')];
    expect(preferCached(options, 'b')).toEqual({ candidates: ['a', 'b'], kept: false });
  });

  it('does not go first where its cached input is dearer than the full price of the first choice', () => {
    const dearer = [option('a', { inputPrice: 2 }), option('b', { cachedPrice: 3 })];
    expect(preferCached(dearer, 'b').kept).toBe(false);
    const asDear = [option('a', { inputPrice: 3 }), option('b', { cachedPrice: 3 })];
    expect(preferCached(asDear, 'b').candidates).toEqual(['b', 'a']);
  });

  it('is left where it is when it may not be called, or when none is known', () => {
    expect(preferCached([option('a')], 'gone')).toEqual({ candidates: ['a'], kept: false });
    expect(preferCached([option('a')], undefined)).toEqual({ candidates: ['a'], kept: false });
    expect(preferCached([], 'a')).toEqual({ candidates: [], kept: false });
  });
});

describe('what is remembered of a conversation', () => {
  it('ends five minutes after its last use', () => {
    const sessions = new StickySessions();
    sessions.remember('s', { deploymentId: 'a' }, 0);
    sessions.remember('s', { deploymentId: 'b' }, 1_000);
    expect(sessions.find('s', 300_999)).toMatchObject({ deploymentId: 'b' });
    expect(sessions.find('s', 301_000)).toBeUndefined();
  });

  it('is the last fifty thousand', () => {
    const sessions = new StickySessions();
    for (let each = 0; each <= 50_000; each++) sessions.remember(`s${each}`, { deploymentId: 'a' }, 0);
    expect([sessions.find('s0', 1), sessions.find('s1', 1)]).toEqual([undefined, expect.anything()]);
  });
});
