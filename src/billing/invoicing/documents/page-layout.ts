import type { DocumentLine, IssuedDocument } from './invoice-document.js';

/** What each sort of document is called at its head. */
export const TITLES: Readonly<Record<IssuedDocument['type'], string>> = {
  invoice: 'Invoice',
  statement: 'Statement of usage',
  receipt: 'Receipt and tax invoice',
  credit_note: 'Credit note',
};

/** The cells of a row of the table of lines. */
export interface Cells {
  description: string;
  quantity: string;
  unitPrice: string;
  tax: string;
  amount: string;
}

/** One row of the page, from top to bottom. */
export type Row =
  | { kind: 'gap' }
  | { kind: 'text'; text: string }
  | { kind: 'head' | 'line'; cells: Cells }
  | { kind: 'sum'; label: string; amount: string; bold: boolean };

const gap: Row = { kind: 'gap' };
const text = (line: string): Row => ({ kind: 'text', text: line });
const sum = (label: string, amount: string, bold = false): Row => ({ kind: 'sum', label, amount, bold });
const HEAD: Row = {
  kind: 'head',
  cells: {
    description: 'Description',
    quantity: 'Quantity',
    unitPrice: 'Unit price',
    tax: 'Tax',
    amount: 'Amount',
  },
};

/** The date of an RFC 3339 time in UTC. */
const day = (time: string): string => time.slice(0, 10);

/** Everything below the parties, row by row. */
export function pageLayout(document: IssuedDocument): Row[] {
  return [
    ...facts(document).map(text),
    gap,
    HEAD,
    ...document.lines.map(lineRow),
    gap,
    ...sums(document),
    gap,
    ...[...document.notes, document.payment_details].filter((note) => note !== '').map(text),
  ];
}

function facts(document: IssuedDocument): string[] {
  const { number, issued_at, due_at, po_number, original_number, original_issued_at } = document;
  const period = `${document.period_start} to ${document.period_end} (end not included; ${document.time_zone})`;
  return [
    `Number: ${number}`,
    `Date: ${day(issued_at)}`,
    original_number === '' ? '' : `Corrects invoice ${original_number} of ${day(original_issued_at)}`,
    document.period_start === '' ? '' : `Service period: ${period}`,
    due_at === '' ? '' : `Due: ${day(due_at)}`,
    po_number === '' ? '' : `Purchase order: ${po_number}`,
    `All amounts in ${document.currency}; unit prices of tokens are per million.`,
  ].filter((line) => line !== '');
}

const lineRow = (line: DocumentLine): Row => ({
  kind: 'line',
  cells: {
    description: line.description,
    quantity: line.quantity === '' ? '' : `${grouped(line.quantity)} ${line.unit}`,
    unitPrice: line.unit_price,
    tax: `${line.tax_rate}%`,
    amount: line.amount,
  },
});

function sums(document: IssuedDocument): Row[] {
  const { net, total, prepaid, credits, due, taxes, type } = document;
  const taxRows = taxes.map(({ category, rate, base, tax }) =>
    sum(`${category === 'AE' ? 'Reverse charge' : 'Tax'} ${rate}% on ${base}`, tax),
  );
  const isZero = (amount: string) => /^-?0(\.0+)?$/.test(amount);
  return [
    sum('Net', net),
    ...taxRows,
    sum('Total', total, true),
    ...(isZero(prepaid) ? [] : [sum('Paid from prepaid credit', `-${prepaid}`)]),
    ...credits.map((credit) => sum(`Credit note ${credit.number}`, `-${credit.amount}`)),
    ...(type === 'credit_note' ? [] : [sum('Amount due', due, true)]),
  ];
}

/** Digits in groups of three, with thin marks that every reader knows: 1,234,567. */
const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',');
