import fc from 'fast-check';
import {
  advance,
  amountDue,
  INVOICE_STATUSES,
  nextStatus,
  numberText,
  type InvoiceEvent,
} from './invoice.js';

const events = fc.array(fc.constantFrom<InvoiceEvent>('finalize', 'pay', 'void', 'write_off'), {
  maxLength: 12,
});

describe('the states of an invoice', () => {
  it('never lead back: whatever is tried, an invoice is finalized once and ends once', () => {
    fc.assert(
      fc.property(events, (tried) => {
        const seen: string[] = [];
        let status: (typeof INVOICE_STATUSES)[number] = 'draft';
        for (const event of tried) {
          const next = nextStatus(status, event);
          if (next === null) {
            const before = status;
            expect(() => advance(before, event)).toThrow(before);
            continue;
          }
          seen.push(next);
          status = next;
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.length).toBeLessThanOrEqual(3);
        if (seen.length > 0) expect(seen[0]).toBe('finalized');
        if (status === 'paid' || status === 'void') {
          for (const event of ['finalize', 'pay', 'void', 'write_off'] as const)
            expect(nextStatus(status, event)).toBeNull();
        }
      }),
    );
  });

  it('refuse with a conflict that names the status', () => {
    expect(() => advance('draft', 'void')).toThrow(
      expect.objectContaining({ kind: 'conflict', details: { code: 'invoice_status' } }),
    );
  });
});

it('owes its total less prepaid credit, credit notes and money, and nothing when void', () => {
  const invoice = { totalMinor: 119n, prepaidMinor: 10n, appliedMinor: 9n, paidMinor: 40n };
  expect(amountDue({ ...invoice, status: 'finalized' })).toBe(60n);
  expect(amountDue({ ...invoice, status: 'void' })).toBe(0n);
});

it('writes numbers with six digits or more', () => {
  expect(numberText('INV-', 42n)).toBe('INV-000042');
  expect(numberText('CN-', 12_345_678n)).toBe('CN-12345678');
});
