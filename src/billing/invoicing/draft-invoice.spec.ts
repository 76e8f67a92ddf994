import { draftInvoice, type PeriodUsage, type UsageSum } from './draft-invoice.js';

const sum = (over: Partial<UsageSum> = {}): UsageSum => ({
  modelId: 'vendor/model',
  tokenClass: 'input',
  priceVersionId: 'p1',
  unitPricePico: 3_000_000n,
  quantity: 1_000_000n,
  amountNano: 3_000_000_000n,
  ...over,
});
const period = (over: Partial<PeriodUsage> = {}): PeriodUsage => ({
  currency: 'EUR',
  billingMode: 'postpaid',
  tax: { category: 'S', ratePpm: 190_000 },
  usage: [sum()],
  paidNano: 0n,
  taxedNano: 0n,
  promoNano: 0n,
  creditedNano: 0n,
  packages: [],
  committed: null,
  ...over,
});

it('bills what no credit has paid, with its tax', () => {
  const draft = draftInvoice(period());
  expect(draft).toMatchObject({
    kind: 'invoice',
    netMinor: 300n,
    taxMinor: 57n,
    totalMinor: 357n,
    prepaidMinor: 0n,
    usageNano: 3_000_000_000n,
  });
});

it('shows usage in full and takes off what promo credit and prepaid credit taxed at its sale paid', () => {
  const draft = draftInvoice(
    period({ promoNano: 500_000_000n, paidNano: 1_000_000_000n, taxedNano: 1_000_000_000n }),
  );
  expect(draft.lines.map(({ kind, amountMinor }) => [kind, amountMinor])).toEqual([
    ['usage', 300n],
    ['promo', -50n],
    ['prepaid', -100n],
  ]);
  expect(draft).toMatchObject({ netMinor: 150n, taxMinor: 29n, usageNano: 1_500_000_000n });
});

it('makes a statement that owes nothing of usage that prepaid credit taxed at its sale paid', () => {
  const draft = draftInvoice(
    period({ billingMode: 'prepaid', paidNano: 3_000_000_000n, taxedNano: 3_000_000_000n }),
  );
  expect(draft).toMatchObject({ kind: 'statement', totalMinor: 0n, usageNano: 0n });
});

it('where tax is due at the use of credit, prepaid usage is taxed in full and only its tax is left to pay', () => {
  const draft = draftInvoice(period({ billingMode: 'prepaid', paidNano: 3_000_000_000n }));
  expect(draft).toMatchObject({ kind: 'invoice', totalMinor: 357n, prepaidMinor: 300n, usageNano: 0n });
});

it('taxes in one month only what no credit paid and what credit paid that was not taxed when it was sold', () => {
  const parts = { paidNano: 2_000_000_000n, taxedNano: 1_500_000_000n };
  // 3.00 of usage: 1.50 from taxed credit, 0.50 from other credit, 1.00 from none.
  const draft = draftInvoice(period(parts));
  expect(draft.lines.map(({ kind, amountMinor }) => [kind, amountMinor])).toEqual([
    ['usage', 300n],
    ['prepaid', -150n],
  ]);
  expect(draft).toMatchObject({
    netMinor: 150n,
    taxMinor: 29n,
    prepaidMinor: 50n,
    usageNano: 1_000_000_000n,
  });
});

it('does not take off again what a credit note has settled', () => {
  const reversed = sum({ quantity: 500_000n, amountNano: 1_500_000_000n });
  expect(draftInvoice(period({ usage: [reversed], creditedNano: 1_500_000_000n }))).toMatchObject({
    netMinor: 300n,
    usageNano: 3_000_000_000n,
  });
});

it('bills what a month lacks to its commitment as a line of its own, taxed like the usage and none of it', () => {
  const committed = {
    daysInMonth: 30,
    parts: [{ amountNano: 10_000_000_000n, days: 30 }],
    usageNano: 3_000_000_000n,
  };
  const draft = draftInvoice(period({ committed, promoNano: 500_000_000n }));
  expect(draft.lines.map(({ kind, description, amountMinor }) => [kind, description, amountMinor])).toEqual([
    ['usage', 'vendor/model, input tokens', 300n],
    ['promo', 'Promotional credit', -50n],
    ['true_up', 'Minimum commitment true-up (10.00 EUR less 3.00 EUR used)', 700n],
  ]);
  expect(draft).toMatchObject({
    kind: 'invoice',
    netMinor: 950n,
    taxMinor: 181n,
    usageNano: 2_500_000_000n,
    periodEndNano: 7_000_000_000n,
  });
});

it('has no line for a commitment that is met, and an invoice for one of a month without usage', () => {
  const parts = [{ amountNano: 3_000_000_000n, days: 31 }];
  const met = draftInvoice(period({ committed: { daysInMonth: 31, parts, usageNano: 3_000_000_000n } }));
  expect(met).toMatchObject({ netMinor: 300n, periodEndNano: 0n });
  expect(met.lines).toHaveLength(1);
  const idle = draftInvoice(period({ usage: [], committed: { daysInMonth: 31, parts, usageNano: 0n } }));
  expect(idle).toMatchObject({
    kind: 'invoice',
    netMinor: 300n,
    usageNano: 0n,
    periodEndNano: 3_000_000_000n,
  });
});

it('bills the rest of begun packages, which counts towards a commitment', () => {
  const search = { modelId: 'vendor/model', tokenClass: 'search', priceVersionId: 'p9' } as const;
  const packages = [
    { ...search, size: 1_000n, priceNano: 5_000_000_000n, quantity: 400n, ratedNano: 2_000_000_000n },
  ];
  const committed = {
    daysInMonth: 30,
    parts: [{ amountNano: 10_000_000_000n, days: 30 }],
    usageNano: 5_000_000_000n,
  };
  const draft = draftInvoice(period({ packages, committed }));
  expect(
    draft.lines.slice(1).map(({ kind, description, amountMinor }) => [kind, description, amountMinor]),
  ).toEqual([
    ['package', 'vendor/model, searches: rest of 1 started packages of 1000', 300n],
    ['true_up', 'Minimum commitment true-up (10.00 EUR less 8.00 EUR used)', 200n],
  ]);
  expect(draft).toMatchObject({ usageNano: 3_000_000_000n, periodEndNano: 5_000_000_000n });
});

it('orders lines the same way whatever order the usage comes in', () => {
  const usage = [
    sum({ tokenClass: 'output', priceVersionId: 'p2' }),
    sum(),
    sum({ modelId: 'a/model', priceVersionId: 'p3' }),
  ];
  const forward = draftInvoice(period({ usage }));
  const backward = draftInvoice(period({ usage: [...usage].reverse() }));
  expect(forward).toEqual(backward);
  expect(forward.lines.map(({ description }) => description)).toEqual([
    'a/model, input tokens',
    'vendor/model, input tokens',
    'vendor/model, output tokens',
  ]);
});
