import { assertOneProcessorEach, BILLING_QUEUES, BILLING_SCHEDULES } from './billing.queues.js';

const all = Object.values(BILLING_QUEUES);

it('wants exactly one processor for each queue', () => {
  expect(() => assertOneProcessorEach(all, [...all].reverse())).not.toThrow();
  expect(() => assertOneProcessorEach(all, all.slice(1))).toThrow('billing-rollup has 0 processors');
  expect(() => assertOneProcessorEach(all, [...all, 'billing-audit'])).toThrow(
    'billing-audit has 2 processors',
  );
  expect(() => assertOneProcessorEach(all, [...all, 'other'])).toThrow('unknown queue other');
});

it('wakes every queue by itself, so that no queue depends on anybody asking', () => {
  expect(new Set(BILLING_SCHEDULES.map(({ queue }) => queue))).toEqual(new Set(all));
});
