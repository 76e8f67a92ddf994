import fc from 'fast-check';
import { allocate, compareLots, type Charge, type Lot } from './lots.js';

const lot = (over: Partial<Lot> = {}): Lot => ({
  id: 'lot',
  kind: 'paid',
  taxPoint: 'use',
  priority: 30,
  createdAt: new Date(0),
  remainingNano: 10n,
  consumedNano: 0n,
  ...over,
});
const charge = (eventId: string, amountNano: bigint, reversesId?: string): Charge => ({
  eventId,
  amountNano,
  reversesId,
});

describe('the order of lots', () => {
  const early = new Date(1_000);
  const late = new Date(2_000);
  it.each([
    ['priority before all', lot({ id: 'a', priority: 10 }), lot({ id: 'b', expiresAt: early })],
    [
      'the earlier expiry next',
      lot({ id: 'b', expiresAt: early, createdAt: late }),
      lot({ id: 'a', expiresAt: late }),
    ],
    ['an expiry before none', lot({ id: 'b', expiresAt: late, createdAt: late }), lot({ id: 'a' })],
    ['the older lot next', lot({ id: 'b', createdAt: early }), lot({ id: 'a', createdAt: late })],
    ['the id last, so that it is always the same', lot({ id: 'a' }), lot({ id: 'b' })],
  ])('is %s', (_, first, second) => {
    expect([second, first].sort(compareLots)).toEqual([first, second]);
  });
});

it('takes from one lot after another and calls the rest postpaid', () => {
  const lots = [
    lot({ id: 'paid', remainingNano: 4n }),
    lot({ id: 'promo', kind: 'promo', priority: 10, remainingNano: 3n }),
  ];
  const { fundings, moves } = allocate(lots, [charge('e1', 5n), charge('e2', 6n)]);
  expect(fundings.map(({ funding }) => funding)).toEqual([
    { promoNano: 3n, paidNano: 2n, taxedNano: 0n, postpaidNano: 0n },
    { promoNano: 0n, paidNano: 2n, taxedNano: 0n, postpaidNano: 4n },
  ]);
  expect(moves).toEqual([
    { lotId: 'promo', kind: 'consume', amountNano: 3n },
    { lotId: 'paid', kind: 'consume', amountNano: 4n },
  ]);
});

it('refuses to give back what was never paid', () => {
  expect(() => allocate([lot()], [charge('r', 1n, 'e')])).toThrow('never paid');
  const paid = new Map([['e', { paidNano: 2n, taxedNano: 0n, promoNano: 0n, postpaidNano: 0n }]]);
  expect(() => allocate([lot({ consumedNano: 1n })], [charge('r', 2n, 'e')], paid)).toThrow(
    'more is given back',
  );
});

const lots = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    kind: fc.constantFrom('paid' as const, 'promo' as const, 'goodwill' as const),
    taxPoint: fc.constantFrom('sale' as const, 'use' as const),
    priority: fc.constantFrom(10, 20, 30),
    expiresAt: fc.option(fc.date({ noInvalidDate: true }), { nil: undefined }),
    createdAt: fc.date({ noInvalidDate: true }),
    remainingNano: fc.bigInt({ min: 0n, max: 100n }),
    consumedNano: fc.constant(0n),
  }),
  { selector: (item) => item.id, maxLength: 6 },
);
const amounts = fc.array(fc.bigInt({ min: 0n, max: 120n }), { maxLength: 8 });

describe('an allocation', () => {
  it('never takes more than a lot has, pays every charge in full, and touches a lot only when all before it are empty', () => {
    fc.assert(
      fc.property(lots, amounts, (given, charged) => {
        const { fundings, moves } = allocate(
          given,
          charged.map((amountNano, index) => charge(`e${index}`, amountNano)),
        );
        fundings.forEach(({ funding }, index) => {
          expect(funding.paidNano + funding.promoNano + funding.postpaidNano).toBe(charged[index]);
        });
        const taxed = new Set(
          given.filter(({ kind, taxPoint }) => kind !== 'promo' && taxPoint === 'sale').map(({ id }) => id),
        );
        expect(fundings.reduce((total, { funding }) => total + funding.taxedNano, 0n)).toBe(
          moves.filter(({ lotId }) => taxed.has(lotId)).reduce((total, move) => total + move.amountNano, 0n),
        );
        const taken = new Map(moves.map((move) => [move.lotId, move.amountNano]));
        const ordered = [...given].sort(compareLots);
        const left = ordered.map((item) => item.remainingNano - (taken.get(item.id) ?? 0n));
        expect(left.every((rest) => rest >= 0n)).toBe(true);
        const firstWithRest = left.findIndex((rest) => rest > 0n);
        const used = ordered.slice(firstWithRest + 1).filter((item) => taken.has(item.id));
        if (firstWithRest >= 0) expect(used).toEqual([]);
        const postpaid = fundings.reduce((total, { funding }) => total + funding.postpaidNano, 0n);
        if (postpaid > 0n) expect(left.every((rest) => rest === 0n)).toBe(true);
      }),
    );
  });

  it('leaves every lot as it was when all charges are reversed', () => {
    fc.assert(
      fc.property(lots, amounts, (given, charged) => {
        const charges = charged.map((amountNano, index) => charge(`e${index}`, amountNano));
        const reversals = charges.map((item) => charge(`r${item.eventId}`, item.amountNano, item.eventId));
        const { moves } = allocate(given, [...charges, ...reversals]);
        const net = new Map<string, bigint>();
        for (const { lotId, kind, amountNano } of moves) {
          net.set(lotId, (net.get(lotId) ?? 0n) + (kind === 'consume' ? amountNano : -amountNano));
        }
        expect([...net.values()].every((amountNano) => amountNano === 0n)).toBe(true);
      }),
    );
  });
});
