import { isCharged } from './charge-table.js';

describe('the charge table', () => {
  it.each([
    ['C1: an answer that was completed is paid', 'completed', true, true],
    ['CA: a caller who left after dispatch pays', 'aborted', true, true],
    ['C0: a caller who left before dispatch does not pay', 'aborted', false, false],
    ['CF: a call that failed under way is not paid', 'failed', true, false],
    ['C0: a call that failed before dispatch is not paid', 'failed', false, false],
    ['CU: the last checkpoint of a lost process is paid', 'unknown', true, true],
  ] as const)('%s', (_, status, dispatched, charged) => {
    expect(isCharged(status, dispatched)).toBe(charged);
  });
});
