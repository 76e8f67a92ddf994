import { buildCandidate, buildTicket } from '../../test/support/builders/ticket.builder.js';
import type { Candidate } from '../admission/ticket.js';
import { PriceSheet } from '../catalog/price.js';
import type { TokenUsage } from '../core/token-usage.js';
import type { AttemptMeter } from './attempt-meter.js';
import { CallMeter } from './call-meter.js';

/** Pico a token: [class, from how many input tokens, price]. */
const sheet = (...prices: [string, number, bigint][]): PriceSheet =>
  new PriceSheet(
    prices.map(([tokenClass, tierFrom, unitPricePico]) => ({
      id: `${tokenClass}-${tierFrom}`,
      tokenClass: tokenClass as 'input',
      tierFrom,
      unitPricePico,
      currency: 'USD',
      validFromMs: 0,
    })),
  );
const LIST = sheet(['input', 0, 3_000n], ['output', 0, 15_000n]);
const COST = sheet(['input', 0, 2_000n], ['output', 0, 10_000n]);
const candidate = buildCandidate({ listPrices: LIST, costPrices: COST });
const meterOf = (first: Candidate = candidate): CallMeter =>
  new CallMeter(buildTicket({ candidates: [first] }));
const used = (input: number, output: number): TokenUsage => ({
  input: { noCache: input },
  output: { total: output },
});

/** One upstream call that was sent, and what its vendor said of it, text first. */
function attempt(meter: CallMeter, usage?: TokenUsage): AttemptMeter {
  const made = meter.attempt(candidate);
  made.dispatched = true;
  if (usage) {
    made.tap.observe({ type: 'text-delta', block: 0, text: 'hello' });
    made.tap.observe({ type: 'usage', usage });
  }
  return made;
}

describe('what a call is charged', () => {
  it('is what the upstream that served used; what one before it used is a cost of ours', () => {
    const meter = meterOf();
    attempt(meter, used(1_000, 100)).failed('upstream');
    attempt(meter, used(10, 1)).served();
    const settled = meter.settlement({ status: 'completed', httpStatus: 200 });
    expect(settled).toMatchObject({ release: false, amount: '45', cost: '30' });
    expect(settled.attempts.map(({ outcome, cost }) => [outcome, cost])).toEqual([
      ['failed', '3000'],
      ['served', '30'],
    ]);
    expect(meter.costOf(used(10, 1))).toBe('0.000000045');
  });

  it('is the same where the answer names its price, whichever of several upstream calls shows it', () => {
    const meter = meterOf();
    const [one, two] = [used(1_000, 100), used(10, 1)];
    attempt(meter, one).served();
    attempt(meter, two).served();
    expect(meter.costOf(two)).toBe('0.000004545');
    expect(meter.settlement({ status: 'completed' })).toMatchObject({ amount: '4545' });
  });

  it('costs nothing for an attempt that failed before its vendor said anything', () => {
    const meter = meterOf();
    attempt(meter).failed('upstream');
    attempt(meter, used(10, 1)).served();
    expect(meter.settlement({ status: 'completed' }).attempts.map(({ cost }) => cost)).toEqual(['0', '30']);
  });

  it('has the price of the whole call’s tier on each of its parts', () => {
    const tiered = sheet(['input', 0, 3_000n], ['input', 1_000, 6_000n], ['output', 0, 15_000n]);
    const meter = meterOf(buildCandidate({ listPrices: tiered, costPrices: COST }));
    const part = used(100, 0);
    expect(meter.costOf(part, used(5_000, 10))).toBe('0.000000600');
    expect(meter.costOf(part, used(999, 10))).toBe('0.000000300');
  });
});
