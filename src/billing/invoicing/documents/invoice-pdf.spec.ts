import { createHash } from 'node:crypto';
import type { IssuedDocument } from './invoice-document.js';
import { renderDocument } from './invoice-pdf.js';
import { pageLayout } from './page-layout.js';
import { openDocument, sealDocument } from './sealed-document.js';

const document = (over: Partial<IssuedDocument> = {}): IssuedDocument => ({
  version: 1,
  type: 'invoice',
  number: 'INV-000042',
  currency: 'EUR',
  issued_at: '2026-12-01T00:05:00.000Z',
  due_at: '2026-12-31T00:05:00.000Z',
  period_start: '2026-10-31T23:00:00.000Z',
  period_end: '2026-11-30T23:00:00.000Z',
  time_zone: 'Europe/Berlin',
  seller: { name: 'Faregate GmbH', address: 'Weg 1\n10115 Berlin', country: 'DE', vat_id: 'DE136695976' },
  buyer: {
    name: 'Łódź Żółw Sp. z o.o. — Αθήνα',
    address: 'ul. Długa 3',
    country: 'PL',
    vat_id: 'PL8567346215',
  },
  po_number: 'PO 7',
  original_number: '',
  original_issued_at: '',
  lines: [
    {
      description: 'vendor/model, input tokens',
      quantity: '1234567',
      unit: 'tokens',
      unit_price: '3.000000',
      tax_category: 'AE',
      tax_rate: '0',
      amount: '3.70',
    },
  ],
  taxes: [{ category: 'AE', rate: '0', base: '3.70', tax: '0.00' }],
  net: '3.70',
  tax: '0.00',
  total: '3.70',
  prepaid: '0.00',
  credits: [{ number: 'CN-000001', amount: '1.00' }],
  due: '2.70',
  notes: ['Reverse charge'],
  payment_details: 'IBAN DE00',
  ...over,
});
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

it('makes the same bytes of the same document, and others of another', async () => {
  const { text } = sealDocument(document());
  const [first, second] = [await renderDocument(text), await renderDocument(text)];
  expect(first.subarray(0, 5).toString()).toBe('%PDF-');
  expect(sha(first)).toBe(sha(second));
  expect(sha(first)).not.toBe(sha(await renderDocument(sealDocument(document({ due: '2.71' })).text)));
});

it('goes on with another page when the lines do not fit on one', async () => {
  const [line] = document().lines;
  const many = document({ lines: Array.from({ length: 120 }, () => line as NonNullable<typeof line>) });
  const pages = (await renderDocument(sealDocument(many).text)).toString('latin1').match(/\/Type \/Page\b/g);
  expect(pages).toHaveLength(3);
});

it('seals a document so that any change shows, and the order of its members does not', () => {
  const sealed = sealDocument(document());
  const turned = Object.fromEntries(Object.entries(document()).reverse()) as unknown as IssuedDocument;
  expect(sealDocument(turned)).toEqual(sealed);
  expect(sealDocument(document({ total: '3.71' })).sha256).not.toBe(sealed.sha256);
  expect(openDocument(sealed.text)).toEqual(document());
});

it('shows number, dates, period, taxes, credit and what is due', () => {
  const rows = pageLayout(document())
    .map((row) => JSON.stringify(row))
    .join('\n');
  for (const part of [
    'INV-000042',
    '2026-12-31',
    'Europe/Berlin',
    'PO 7',
    '1,234,567 tokens',
    '"-1.00"',
    '"2.70"',
  ]) {
    expect(rows).toContain(part);
  }
  expect(rows).toContain('Reverse charge 0% on 3.70');
});

it('a credit note names the invoice it corrects, and asks for nothing', () => {
  const note = document({
    type: 'credit_note',
    original_number: 'INV-000001',
    original_issued_at: '2026-11-01T00:00:00Z',
  });
  const rows = JSON.stringify(pageLayout(note));
  expect(rows).toContain('Corrects invoice INV-000001 of 2026-11-01');
  expect(rows).not.toContain('Amount due');
});
