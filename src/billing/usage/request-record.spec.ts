import { showChargeLine } from './request-record.js';

it('shows how a line comes to its amount', () => {
  const line = showChargeLine({
    tokenClass: 'cache_read',
    quantity: 333n,
    unitPricePico: 5_005n,
    priceVersionId: '01990000-0000-7000-8000-000000000001',
    multiplierPpm: 1_000_000n,
    basePriceId: null,
    basePricePico: null,
    priceValidFrom: new Date(0),
    amountNano: 1_667n,
    absorbedNano: 0n,
  });
  expect(line).toMatchObject({
    quantity: '333',
    unit_price: '0.005005',
    rated: '0.000001666665',
    amount: '0.000001667',
    arithmetic: '333 × 0.000000005005 = 0.000001666665 → 0.000001667',
  });
});
