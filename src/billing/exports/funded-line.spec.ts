import fc from 'fast-check';
import { LineSum, splitByFunding, startOf, type FundedLine, type UsageLine } from './funded-line.js';

const AT = new Date('2026-11-21T08:30:00Z');
const line = (over: Partial<UsageLine> = {}): UsageLine => ({
  eventId: 'e',
  requestId: 'r',
  kind: 'usage',
  occurredAt: AT,
  recordedAt: AT,
  periodStart: AT,
  periodEnd: AT,
  organizationId: 'o',
  organizationName: 'Acme',
  projectId: 'p',
  projectName: 'main',
  tagsJson: '{}',
  keyId: 'k',
  keyName: 'key',
  provider: 'v',
  model: 'm',
  tokenClass: 'input',
  priceVersionId: 'x',
  quantity: 10n,
  unitPricePico: 1_000n,
  listUnitPricePico: 1_000n,
  amountNano: 10n,
  currency: 'USD',
  costNano: 5n,
  costCurrency: 'USD',
  ...over,
});
const posted = {
  posted: true,
  chargedNano: 10n,
  promoNano: 0n,
  postpaidNano: 0n,
  beforeNano: 0n,
  absorbedNano: 0n,
};
const sum = (rows: FundedLine[], field: 'amountNano' | 'quantity' | 'costNano') =>
  rows.reduce((total, row) => total + row[field], 0n);

it('leaves a line that one sort of money paid as it is', () => {
  expect(splitByFunding(line(), posted)).toEqual([{ ...line(), funding: 'prepaid_paid' }]);
});

it('does not guess who pays a line that is not yet posted', () => {
  expect(splitByFunding(line(), { ...posted, posted: false })).toEqual([{ ...line(), funding: undefined }]);
});

it('gives promo credit to the first lines of an event and the postpaid part to the last', () => {
  const event = { ...posted, chargedNano: 20n, promoNano: 4n, postpaidNano: 3n };
  const fundings = (beforeNano: bigint) =>
    splitByFunding(line(), { ...event, beforeNano }).map(({ funding, amountNano }) => [funding, amountNano]);
  expect(fundings(0n)).toEqual([
    ['prepaid_promo', 4n],
    ['prepaid_paid', 6n],
  ]);
  expect(fundings(10n)).toEqual([
    ['prepaid_paid', 7n],
    ['postpaid', 3n],
  ]);
});

it('adds up to the event in every figure and to each source of money, for calls and their reversals', () => {
  const nano = fc.bigInt({ min: 0n, max: 1_000n });
  const piece = fc.record({ charged: nano, absorbed: nano, quantity: nano, cost: nano });
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 5 }),
      nano,
      nano,
      fc.boolean(),
      (pieces, a, b, reversal) => {
        const chargedNano = pieces.reduce((total, { charged }) => total + charged, 0n);
        const promoNano = a < chargedNano ? a : chargedNano;
        const postpaidNano = b < chargedNano - promoNano ? b : chargedNano - promoNano;
        const sign = reversal ? -1n : 1n;
        let beforeNano = 0n;
        const rows = pieces.flatMap(({ charged, absorbed, quantity, cost }) => {
          const split = splitByFunding(
            line({
              kind: reversal ? 'reversal' : 'usage',
              amountNano: charged * sign,
              quantity: quantity * sign,
              costNano: cost * sign,
            }),
            { posted: true, chargedNano, promoNano, postpaidNano, beforeNano, absorbedNano: absorbed },
          );
          expect(sum(split, 'quantity')).toBe(quantity * sign);
          expect(sum(split, 'costNano')).toBe(cost * sign);
          expect(sum(split, 'amountNano')).toBe(charged * sign);
          beforeNano += charged;
          return split;
        });
        const of = (funding: string) =>
          sum(
            rows.filter((row) => row.funding === funding),
            'amountNano',
          ) * sign;
        expect([of('prepaid_promo'), of('postpaid'), of('absorbed')]).toEqual([promoNano, postpaidNano, 0n]);
      },
    ),
  );
});

describe('sums of days and months', () => {
  it('begin at midnight UTC', () => {
    expect(startOf('day', AT).toISOString()).toBe('2026-11-21T00:00:00.000Z');
    expect(startOf('month', AT).toISOString()).toBe('2026-11-01T00:00:00.000Z');
  });

  it('are given out when the next day begins, so that no more than one day is kept', () => {
    const lines = new LineSum('day');
    const next = line({ recordedAt: new Date('2026-11-22T00:00:00Z') });
    expect(lines.add(line())).toEqual([]);
    expect(lines.add(line({ eventId: 'e2' }))).toEqual([]);
    expect(lines.add(next)).toMatchObject([{ quantity: 20n, amountNano: 20n, costNano: 10n, eventId: '' }]);
    expect(lines.finish()).toMatchObject([{ quantity: 10n }]);
    expect(lines.finish()).toEqual([]);
  });

  it('keep apart what a column tells apart', () => {
    const lines = new LineSum('month');
    lines.add({ ...line(), funding: 'postpaid' });
    lines.add({ ...line(), funding: 'prepaid_paid' });
    lines.add(line({ kind: 'reversal' }));
    lines.add(line({ keyId: 'other' }));
    expect(lines.finish()).toHaveLength(4);
  });
});
