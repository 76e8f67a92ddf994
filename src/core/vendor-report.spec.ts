import fc from 'fast-check';
import { reportedCostNano, reportedTier } from './vendor-report.js';

describe('reportedTier', () => {
  it.each([
    ['default', 'standard'],
    ['standard', 'standard'],
    ['on_demand', 'standard'],
    ['scale', 'standard'],
    ['flex', 'flex'],
    ['priority', 'priority'],
    ['batch', 'batch'],
    ['ON_DEMAND_PRIORITY', 'priority'],
    ['auto', undefined],
    ['performance', undefined],
    [null, undefined],
    [7, undefined],
  ])('%s is %s', (value, tier) => expect(reportedTier(value)).toBe(tier));
});

describe('reportedCostNano', () => {
  it.each([
    [{ cost: 0.00014 }, '140000'],
    [{ cost: 1e-7 }, '100'],
    [{ cost: 0 }, '0'],
    [{ cost: { total_cost: 0.006 } }, '6000000'],
    [{ cost_in_usd_ticks: 12_345_678 }, '1234568'],
    [{ cost_in_usd_ticks: 10_000_000_000, cost: 9 }, '1000000000'],
    [{ cost: -1 }, undefined],
    [{ cost: '0.1' }, undefined],
    [{ cost: 1e9 }, undefined],
    [{ cost_in_usd_ticks: 1.5 }, undefined],
    [{}, undefined],
  ])('of %j is %s', (usage, nano) => expect(reportedCostNano(usage)).toBe(nano));

  it('keeps every nano of a cost that a vendor writes with nine decimals', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), (nano) => {
        const text = `${Math.floor(nano / 1e9)}.${String(nano % 1e9).padStart(9, '0')}`;
        expect(reportedCostNano(JSON.parse(`{"cost":${text}}`) as Record<string, unknown>)).toBe(`${nano}`);
      }),
    );
  });
});
