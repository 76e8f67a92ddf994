import { EU_COUNTRIES, isEuVatId, normalVatId } from './vat-id.js';

it.each([
  ['DE136695976', 'DE'],
  ['de 136.695.976', 'DE'],
  ['FR40303265045', 'FR'],
  ['EL094259216', 'GR'],
  ['ATU13585627', 'AT'],
  ['IE6388047V', 'IE'],
  ['NL004495445B01', 'NL'],
])('%s has the form of a VAT id of %s', (text, country) => {
  expect(isEuVatId(text, country)).toBe(true);
});

it.each([
  ['DE136695976', 'FR'],
  ['DE13669597', 'DE'],
  ['', 'DE'],
  ['GR094259216', 'GR'],
  ['GB980780684', 'GB'],
  ['CHE123456788', 'CH'],
  ['US123456789', 'US'],
])('%j has not the form of a VAT id of %s', (text, country) => {
  expect(isEuVatId(text, country)).toBe(false);
});

it('counts 27 member states and writes ids without blanks', () => {
  expect(EU_COUNTRIES.size).toBe(27);
  expect(normalVatId('de 136.695-976')).toBe('DE136695976');
});
