import fc from 'fast-check';
import { FaregateError } from '../core/errors.js';
import { failureOf, type FailureCause } from '../providers/upstream-failure.js';
import { RetryBudget } from './retry-budget.js';
import { MAX_FURTHER_ATTEMPTS, RouteWalk } from './route-walk.js';

const candidate = (model: string, id: string) => ({ model: { id: model }, deployment: { id } });
const failure = (cause: FailureCause, waitSeconds?: number) =>
  failureOf(cause, new FaregateError('upstream', 'no'), waitSeconds);
const CAUSES = ['request', 'account', 'model', 'rate_limit', 'overloaded', 'timeout', 'fault'] as const;
const limits = { timeLeftMs: 60_000 };
const walkOf = (candidates: ReturnType<typeof candidate>[], random = () => 0.5) =>
  new RouteWalk(candidates, {
    budget: new RetryBudget(),
    random,
    pickCredential: () => undefined,
    pickOther: () => undefined,
  });

describe('the ways of one upstream call', () => {
  it('are at most three, stop at a fault of the request, and never go back to a model after a timeout', () => {
    const models = fc.array(fc.constantFrom('m', 'n'), { minLength: 1, maxLength: 4 });
    const causes = fc.array(fc.constantFrom(...CAUSES), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        models,
        causes,
        fc.option(fc.constant('m'), { nil: undefined }),
        (given, failures, onlyModel) => {
          const walk = walkOf(given.map((model, index) => candidate(model, `d${index}`)));
          let step = walk.begin();
          const seen = new Set([step?.candidate.deployment.id]);
          const timedOut = new Set<string>();
          for (const cause of failures) {
            const last = step;
            step = walk.after(failure(cause), { ...limits, onlyModel });
            if (!step) break;
            expect(cause).not.toBe('request');
            if (cause === 'timeout') timedOut.add(last?.candidate.model.id ?? '');
            const isNew = !seen.has(step.candidate.deployment.id);
            if (cause === 'timeout' || !isNew) expect(timedOut).not.toContain(step.candidate.model.id);
            seen.add(step.candidate.deployment.id);
            if (onlyModel) expect(step.candidate.model.id).toBe(onlyModel);
            if (['account', 'model'].includes(cause)) expect(step.candidate).not.toBe(last?.candidate);
          }
          expect(walk.retries).toBeLessThanOrEqual(MAX_FURTHER_ATTEMPTS);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('go to the next candidate at once, to the same one after a random wait', () => {
    const two = walkOf([candidate('m', 'a'), candidate('m', 'b')]);
    two.begin();
    expect(two.after(failure('fault'), limits)).toMatchObject({
      candidate: { deployment: { id: 'b' } },
      waitMs: 0,
    });
    expect(two.after(failure('fault'), limits)).toMatchObject({
      candidate: { deployment: { id: 'a' } },
      waitMs: 100,
    });
    expect(two.after(failure('fault'), limits)).toBeUndefined();
  });

  it('wait as long as the upstream asked for, and do not wait for long', () => {
    const patient = walkOf([candidate('m', 'a')]);
    patient.begin();
    expect(patient.after(failure('rate_limit', 1), limits)?.waitMs).toBe(1_000);
    const hurried = walkOf([candidate('m', 'a')]);
    hurried.begin();
    expect(hurried.after(failure('rate_limit', 7), limits)).toBeUndefined();
  });

  it('go on at the same deployment with another credential, where one was refused, and never with one twice', () => {
    const credentials = ['x', 'y', 'z'].map((id) => ({
      id,
      name: id,
      weight: 1,
      ciphertext: Buffer.alloc(0),
    }));
    const causes = fc.array(fc.constantFrom('account' as const, 'rate_limit' as const), {
      minLength: 3,
      maxLength: 3,
    });
    fc.assert(
      fc.property(causes, fc.integer({ min: 1, max: 3 }), (given, count) => {
        const mine = credentials.slice(0, count);
        const walk = new RouteWalk([candidate('m', 'a'), candidate('m', 'b')], {
          budget: new RetryBudget(),
          random: () => 0,
          pickCredential: ({ deployment }) => (deployment.id === 'a' ? mine[0] : undefined),
          pickOther: ({ deployment }, tried) =>
            deployment.id === 'a' ? mine.find(({ id }) => !tried.has(id)) : undefined,
        });
        const used = [walk.begin()];
        for (const cause of given) used.push(walk.after(failure(cause), limits));
        const own = used.slice(0, count).map((step) => [step?.candidate.deployment.id, step?.credential?.id]);
        expect(own).toEqual(mine.map(({ id }) => ['a', id]));
        if (count < 3) expect(used[count]?.candidate.deployment.id).toBe('b');
        expect(walk.retries).toBeLessThanOrEqual(MAX_FURTHER_ATTEMPTS);
      }),
    );
  });

  it('end where the deadline of the call comes first', () => {
    const late = walkOf([candidate('m', 'a')], () => 0.9);
    late.begin();
    expect(late.after(failure('fault'), { timeLeftMs: 50 })).toBeUndefined();
  });
});

describe('a candidate that cannot be asked', () => {
  /** A walk, and whether its budget holds as much as before once the call is over. */
  const walkWithBudget = (...ids: string[]) => {
    const budget = new RetryBudget();
    const means = { budget, random: () => 0, pickCredential: () => undefined, pickOther: () => undefined };
    return {
      budget,
      walk: new RouteWalk(
        ids.map((id) => candidate('m', id)),
        means,
      ),
    };
  };
  const left = (budget: RetryBudget): number => [1, 2, 3, 4].filter(() => budget.take()).length;

  it.each([
    ['nobody follows it', ['a', 'b'], 1],
    ['another follows it', ['a', 'b', 'c'], 1],
    ['two that cannot be asked end it', ['a', 'b', 'c'], 2],
  ])('takes no retry for good, where %s', (_, ids, skips) => {
    const { budget, walk } = walkWithBudget(...ids);
    budget.callBegan();
    walk.begin();
    walk.after(failure('fault'), limits);
    for (let count = 0; count < skips; count++) walk.skip(limits);
    expect(walk.retries).toBe(1);
    budget.callEnded(walk.retries);
    expect(left(budget)).toBe(3);
  });

  it('leaves the others as if it had never been there: one that failed is asked again, after its wait', () => {
    const walk = walkOf([candidate('m', 'a'), candidate('m', 'b')]);
    walk.begin();
    expect(walk.after(failure('overloaded', 1), limits)?.candidate.deployment.id).toBe('b');
    expect(walk.skip(limits)).toMatchObject({ candidate: { deployment: { id: 'a' } }, waitMs: 1_000 });
    expect(walk.after(failure('fault'), limits)).toMatchObject({
      candidate: { deployment: { id: 'a' } },
      waitMs: 100,
    });
    expect(walk.after(failure('fault'), limits)).toBeUndefined();
    expect(walk.retries).toBe(2);
  });

  it.each([
    ['its failure is lasting', failure('account'), limits],
    ['it asked for a long wait', failure('overloaded', 7), limits],
    ['the call has to be over', failure('fault'), { timeLeftMs: 50 }],
  ])('leaves nobody where %s', (_, first, bounds) => {
    const walk = walkOf([candidate('m', 'a'), candidate('m', 'b')], () => 0.9);
    walk.begin();
    walk.after(first, limits);
    expect(walk.skip(bounds)).toBeUndefined();
  });

  it('is not asked again, nor is one that could be asked before and cannot be any more', () => {
    const walk = walkOf([candidate('m', 'a')]);
    walk.begin();
    expect(walk.after(failure('fault'), limits)?.candidate.deployment.id).toBe('a');
    expect(walk.skip(limits)).toBeUndefined();
  });

  it('takes none as the first', () => {
    const { walk } = walkWithBudget('a', 'b');
    walk.begin();
    expect(walk.skip(limits)?.candidate.deployment.id).toBe('b');
    expect(walk.retries).toBe(0);
  });
});

describe('the retry budget', () => {
  it('allows three retries at once, and one in five calls above that', () => {
    const budget = new RetryBudget();
    expect([1, 2, 3, 4].map(() => budget.take())).toEqual([true, true, true, false]);
    for (let call = 0; call < 25; call++) budget.callBegan();
    expect([1, 2, 3].map(() => budget.take())).toEqual([true, true, false]);
    budget.callEnded(3);
    expect(budget.take()).toBe(true);
  });
});
