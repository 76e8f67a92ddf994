import { assertCorrectable, chargeAnew, type ChargedEvent, type CorrectingPrice } from './correction.js';
import { creditedParts } from './credited-parts.js';

const NOW = new Date('2026-12-10T00:00:00Z');
const event = (over: Partial<ChargedEvent> = {}): ChargedEvent => ({
  id: '0190d2c4-0000-7000-8000-00000000002a',
  requestId: 'r',
  modelId: 'm',
  pricedAt: new Date('2026-11-05T00:00:00Z'),
  reversed: false,
  inOpenPeriod: false,
  documentStatus: 'finalized',
  lines: [
    {
      tokenClass: 'input',
      quantity: 1_001n,
      priceVersionId: 'old',
      unitPricePico: 3_000_000n,
      costPriceVersionId: null,
      costNano: 7n,
    },
  ],
  ...over,
});
const price = (over: Partial<CorrectingPrice> = {}): CorrectingPrice => ({
  id: 'new',
  modelId: 'm',
  tokenClass: 'input',
  unitPricePico: 2_500_500n,
  validFrom: new Date('2026-12-01T00:00:00Z'),
  validTo: null,
  ...over,
});

it('rates the same usage at the new price, rounded once, at a time when that price holds', () => {
  expect(chargeAnew(event(), [price()], NOW)).toEqual({
    priced_at: NOW.toISOString(),
    lines: [
      {
        class: 'input',
        quantity: '1001',
        price: 'new',
        pico: '2500500',
        amount: '2503001',
        cost_price: null,
        cost: '7',
      },
    ],
  });
});

it('keeps the price and the time of the call when no other price is given', () => {
  expect(chargeAnew(event(), [], NOW)).toMatchObject({
    priced_at: '2026-11-05T00:00:00.000Z',
    lines: [{ price: 'old', amount: '3003000' }],
  });
});

it('refuses prices that hold neither now nor when the call was made', () => {
  const gone = price({
    validFrom: new Date('2026-11-20T00:00:00Z'),
    validTo: new Date('2026-11-25T00:00:00Z'),
  });
  expect(() => chargeAnew(event(), [gone], NOW)).toThrow(
    expect.objectContaining({ kind: 'invalid_request' }),
  );
});

it.each<[string, Partial<ChargedEvent>, string]>([
  ['what was corrected before', { reversed: true }, 'already_corrected'],
  ['what lies in a draft', { documentStatus: 'draft' }, 'period_not_invoiced'],
  ['what lies in a period that has ended and is not closed', { documentStatus: null }, 'period_not_invoiced'],
])('refuses %s', (_, over, code) => {
  expect(() => assertCorrectable(event(over), 3)).toThrow(
    expect.objectContaining({ kind: 'conflict', details: { param: 'events.3', code } }),
  );
});

it('corrects what lies in the open period or was invoiced', () => {
  expect(() => assertCorrectable(event({ inOpenPeriod: true, documentStatus: null }), 0)).not.toThrow();
  expect(() => assertCorrectable(event({ documentStatus: 'paid' }), 0)).not.toThrow();
});

it('takes from each line of the invoice what calls were charged on it, and no more than was owed of a call', () => {
  const line = (seq: number, tokenClass: string) => ({
    seq,
    kind: 'usage' as const,
    description: '',
    modelId: 'm',
    tokenClass,
    priceVersionId: 'p',
    amountNano: 1_000n,
    amountMinor: 0n,
    creditedNano: 0n,
    tax: { category: 'O' as const, ratePpm: 0 },
  });
  const part = (tokenClass: string, amountNano: bigint) => ({
    modelId: 'm',
    priceVersionId: 'p',
    tokenClass,
    amountNano,
  });
  const lines = [line(1, 'input'), line(2, 'output')];
  const whole = { amountNano: 30n, lines: [part('input', 10n), part('output', 20n)] };
  const inPart = { amountNano: 15n, lines: [part('input', 10n), part('output', 20n)] };
  expect(creditedParts({ lines }, [whole, inPart])).toEqual([
    { seq: 1, amountNano: 20n },
    { seq: 2, amountNano: 25n },
  ]);
  expect(() => creditedParts({ lines: [] }, [whole])).toThrow('no line');
});
