import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';
import { openDocument } from './sealed-document.js';
import type { IssuedDocument, Party } from './invoice-document.js';
import { pageLayout, TITLES, type Row } from './page-layout.js';

const fontFile = (name: string): string =>
  createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`);

const MARGIN = 50;
const WIDTH = 495;
const BOTTOM = 770;
const ROW = 14;
/** Left edges and widths of the columns of the table of lines. */
const COLUMNS = [
  { key: 'description', x: MARGIN, width: 215, align: 'left' },
  { key: 'quantity', x: 265, width: 85, align: 'right' },
  { key: 'unitPrice', x: 352, width: 78, align: 'right' },
  { key: 'tax', x: 432, width: 40, align: 'right' },
  { key: 'amount', x: 474, width: 71, align: 'right' },
] as const;

/**
 * An issued document as a PDF. Made of the stored text alone, with the document's own date in place of a clock and
 * fonts that come with the product: the same document gives the same bytes on every machine.
 */
export function renderDocument(text: string): Promise<Buffer> {
  const document = openDocument(text);
  const pdf = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    info: {
      Title: `${TITLES[document.type]} ${document.number}`,
      Author: document.seller.name,
      CreationDate: new Date(document.issued_at),
      ModDate: new Date(document.issued_at),
    },
  });
  const pieces: Buffer[] = [];
  const done = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (piece: Buffer) => pieces.push(piece));
    pdf.on('end', () => resolve(Buffer.concat(pieces)));
    pdf.on('error', reject);
  });
  pdf.registerFont('plain', fontFile('DejaVuSans')).registerFont('bold', fontFile('DejaVuSans-Bold'));
  drawHead(pdf, document);
  drawRows(pdf, pageLayout(document));
  pdf.end();
  return done;
}

function drawHead(pdf: PDFKit.PDFDocument, document: IssuedDocument): void {
  pdf.font('bold').fontSize(18).text(TITLES[document.type], MARGIN, MARGIN, { width: WIDTH });
  pdf.font('plain').fontSize(9);
  const top = 90;
  drawParty(pdf, document.seller, MARGIN, top);
  drawParty(pdf, document.buyer, 310, top);
  pdf.y = top + 85;
}

function drawParty(pdf: PDFKit.PDFDocument, party: Party, x: number, y: number): void {
  const lines = [party.address, party.country, party.vat_id === '' ? '' : `VAT id ${party.vat_id}`].filter(
    (line) => line !== '',
  );
  pdf.font('bold').text(party.name, x, y, { width: 230, height: 24, ellipsis: true });
  pdf.font('plain').text(lines.join('\n'), x, pdf.y, { width: 230, height: 58, ellipsis: true });
}

function drawRows(pdf: PDFKit.PDFDocument, rows: readonly Row[]): void {
  let y = pdf.y;
  for (const row of rows) {
    const height = heightOf(pdf, row);
    if (y + height > BOTTOM) {
      pdf.addPage();
      y = MARGIN;
    }
    drawRow(pdf, row, y);
    y += height;
  }
}

function heightOf(pdf: PDFKit.PDFDocument, row: Row): number {
  switch (row.kind) {
    case 'gap':
      return ROW;
    case 'text':
      return Math.max(ROW, pdf.font('plain').heightOfString(row.text, { width: WIDTH }) + 3);
    case 'line':
    case 'head': {
      const height = pdf.font('plain').heightOfString(row.cells.description, { width: COLUMNS[0].width });
      return Math.max(ROW, height + 3);
    }
    case 'sum':
      return ROW;
  }
}

function drawRow(pdf: PDFKit.PDFDocument, row: Row, y: number): void {
  switch (row.kind) {
    case 'gap':
      return;
    case 'text':
      pdf.font('plain').text(row.text, MARGIN, y, { width: WIDTH });
      return;
    case 'sum':
      pdf.font(row.bold ? 'bold' : 'plain');
      pdf.text(row.label, 265, y, { width: 165, align: 'right' });
      pdf.text(row.amount, 432, y, { width: 113, align: 'right' });
      return;
    case 'line':
    case 'head':
      pdf.font(row.kind === 'head' ? 'bold' : 'plain');
      for (const { key, x, width, align } of COLUMNS) pdf.text(row.cells[key], x, y, { width, align });
      if (row.kind === 'head')
        pdf
          .moveTo(MARGIN, y + ROW - 2)
          .lineTo(MARGIN + WIDTH, y + ROW - 2)
          .lineWidth(0.5)
          .stroke();
  }
}
