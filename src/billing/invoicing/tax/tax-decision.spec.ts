import { decideTax, type TaxBuyer, type TaxSeller } from './tax-decision.js';

const german: TaxSeller = {
  country: 'DE',
  ratesPpm: new Map([
    ['DE', 190_000],
    ['FR', 200_000],
  ]),
};
const american: TaxSeller = { country: 'US', ratesPpm: new Map([['NO', 250_000]]) };
const buyer = (over: Partial<TaxBuyer>): TaxBuyer => ({ country: null, vatId: null, exempt: false, ...over });

it.each<[string, TaxSeller, Partial<TaxBuyer>, string, number]>([
  ['the seller’s own rate at home', german, { country: 'DE', vatId: 'DE136695976' }, 'S', 190_000],
  ['the seller’s own rate where nothing is known', german, {}, 'S', 190_000],
  [
    'reverse charge for a business in another state',
    german,
    { country: 'AT', vatId: 'ATU13585627' },
    'AE',
    0,
  ],
  [
    'reverse charge for Greece, whose ids begin with EL',
    german,
    { country: 'GR', vatId: 'EL094259216' },
    'AE',
    0,
  ],
  ['the rate of the country where the seller is registered', german, { country: 'FR' }, 'S', 200_000],
  ['the seller’s own rate where it is not', german, { country: 'IT' }, 'S', 190_000],
  [
    'no reverse charge on an id of another state',
    german,
    { country: 'IT', vatId: 'ATU13585627' },
    'S',
    190_000,
  ],
  ['no reverse charge on an id of the wrong form', german, { country: 'AT', vatId: 'ATU1' }, 'S', 190_000],
  ['nothing outside the Union', german, { country: 'CH', vatId: 'CHE123456788' }, 'G', 0],
  ['nothing for the exempt', german, { country: 'DE', exempt: true }, 'E', 0],
  [
    'nothing by a seller who is registered nowhere',
    { country: null, ratesPpm: new Map() },
    { country: 'DE' },
    'O',
    0,
  ],
  ['a zero rate at home', { country: 'DE', ratesPpm: new Map() }, { country: 'DE' }, 'Z', 0],
  ['nothing by a seller from elsewhere', american, { country: 'DE', vatId: 'DE136695976' }, 'O', 0],
  ['the rate where a seller from elsewhere is registered', american, { country: 'NO' }, 'S', 250_000],
])('charges %s', (_, seller, over, category, ratePpm) => {
  expect(decideTax(seller, buyer(over))).toEqual({ category, ratePpm });
});
