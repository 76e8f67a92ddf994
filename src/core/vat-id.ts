// oxlint-disable-next-line import/default -- CommonJS that exports by a loop: Node knows its default alone
import jsvat from 'jsvat-next';

/** Member states of the European Union, ISO 3166-1 alpha-2. */
export const EU_COUNTRIES: ReadonlySet<string> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
);

const CHECKED = [
  jsvat.austria,
  jsvat.belgium,
  jsvat.bulgaria,
  jsvat.croatia,
  jsvat.cyprus,
  jsvat.czechRepublic,
  jsvat.denmark,
  jsvat.estonia,
  jsvat.finland,
  jsvat.france,
  jsvat.germany,
  jsvat.greece,
  jsvat.hungary,
  jsvat.ireland,
  jsvat.italy,
  jsvat.latvia,
  jsvat.lithuania,
  jsvat.luxembourg,
  jsvat.malta,
  jsvat.netherlands,
  jsvat.poland,
  jsvat.portugal,
  jsvat.romania,
  jsvat.slovakiaRepublic,
  jsvat.slovenia,
  jsvat.spain,
  jsvat.sweden,
];

/** The VAT id of a country without blanks, dots and dashes, in upper case: how it is compared and printed. */
export const normalVatId = (text: string): string => text.replace(/[\s.-]/g, '').toUpperCase();

/**
 * Whether the text has the form of a VAT id of this member state. The form alone: whether the number is registered
 * only VIES knows. Greek ids begin with EL. False for every country outside the Union.
 */
export function isEuVatId(text: string, country: string): boolean {
  if (!EU_COUNTRIES.has(country)) return false;
  const result = jsvat.checkVAT(normalVatId(text), CHECKED);
  return result.isValidFormat && result.country?.isoCode.short === country;
}
