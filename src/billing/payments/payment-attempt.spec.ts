import fc from 'fast-check';
import {
  ATTEMPT_STATUSES,
  isClosed,
  isForward,
  nextPollDelayMs,
  type AttemptStatus,
} from './payment-attempt.js';

const status = fc.constantFrom(...ATTEMPT_STATUSES);
const MINUTE_MS = 60_000;

/** What an attempt becomes when it hears this news in this order. */
const hear = (news: AttemptStatus[]): AttemptStatus =>
  news.reduce((now, next) => (isForward(now, next) ? next : now), 'created' as AttemptStatus);

describe('the states of a payment attempt', () => {
  it('never go round in a circle, and end', () => {
    fc.assert(
      fc.property(status, status, (from, to) => {
        expect(isForward(from, to) && isForward(to, from)).toBe(false);
        if (isClosed(from)) expect(isForward(from, to)).toBe(false);
      }),
    );
  });

  it('come out the same in whatever order and however often the same news arrives', () => {
    // A payment ends in one way only; everything else may be told twice, late and shuffled.
    const end = fc.constantFrom<AttemptStatus>('succeeded', 'failed', 'canceled');
    const open = fc.constantFrom<AttemptStatus>('created', 'submitted', 'unknown', 'requires_action');
    const news = fc.tuple(fc.array(open, { maxLength: 8 }), end).chain(([before, last]) =>
      fc.tuple(
        fc.constant(last),
        fc.shuffledSubarray([...before, last, last], {
          minLength: before.length + 2,
          maxLength: before.length + 2,
        }),
      ),
    );
    fc.assert(fc.property(news, ([last, told]) => expect(hear(told)).toBe(last)));
  });
});

it('C16: is asked after at 1, 5 and 30 minutes, then hourly, for 72 hours', () => {
  const looks: number[] = [];
  let ageMs = 0;
  for (let polls = 0; ; polls += 1) {
    const delay = nextPollDelayMs(polls, ageMs);
    if (delay === null) break;
    ageMs += delay;
    looks.push(ageMs / MINUTE_MS);
  }
  expect(looks.slice(0, 5)).toEqual([1, 6, 36, 96, 156]);
  expect(looks.at(-1)).toBeGreaterThanOrEqual(72 * 60);
  expect(looks).toHaveLength(75);
});
