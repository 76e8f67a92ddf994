import fc from 'fast-check';
import { csvCell, csvRecord } from './csv.js';

it('ends a record with CRLF and quotes what would break it', () => {
  const cells = ['plain', 'with, comma', 'a "quote"', 'two\r\nlines', ' edge '].map((text) =>
    csvCell(text, 'text'),
  );
  expect(csvRecord(cells)).toBe('plain,"with, comma","a ""quote""","two\r\nlines"," edge "\r\n');
});

it.each([
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\tx',
  '\rx',
  '  =1',
  '\u00a0=1',
  '＝1',
  '＋1',
  '－1',
  '＠x',
  ' ＝1',
])('disarms %j in a text column', (text) => {
  expect(csvCell(text, 'text').replace(/^"/, '')).toMatch(/^'/);
});

it('never touches a number, however it begins', () => {
  expect(csvCell('-0.034692000', 'number')).toBe('-0.034692000');
});

it('is read back as it was written by a reader that knows RFC 4180', () => {
  const parse = (record: string): string[] =>
    [...`,${record.slice(0, -2)}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
    );
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (values) => {
      const record = csvRecord(values.map((value) => csvCell(value, 'id')));
      expect(parse(record)).toEqual(values);
    }),
  );
});
