/** What a field cannot be, derived from what /openapi.json says it can. */
import type { FieldSchema } from './operations.js';

/** JSON as text where JSON.stringify could not say it. */
export class RawJson {
  constructor(readonly text: string) {}
}

const NEVER = [{}, [], true, 'a\0b', '\ud83d', [[]]];

/** Wrong for every amount, price and multiplier: none has more than 12 decimals. */
export const BAD_DECIMALS: readonly unknown[] = [
  ...NEVER,
  5,
  0.5,
  new RawJson('1e2'),
  '',
  ' ',
  ' 1',
  '1 ',
  '+1',
  '--1',
  '1e3',
  '1E-3',
  '1,5',
  '1_000',
  '0x10',
  '1.',
  '.',
  'NaN',
  'Infinity',
  '-Infinity',
  '0.0000000000001',
  '9223372036.854775808',
  '1'.repeat(40),
  '9'.repeat(5_000),
  '١٢',
  'USD 1',
];
/** Wrong where the amount may not be below zero; which is everywhere but where the tests say so. */
export const BELOW_ZERO: readonly unknown[] = ['-0.01', '-1', '-9223372036.854775808'];
/** Wrong where nothing would be bought, given or refunded. */
export const ZERO: readonly unknown[] = ['0', '0.00', '0.000000000', '-0'];

const BAD_CURRENCIES = [
  ...NEVER,
  5,
  '',
  'usd',
  'Usd',
  'US',
  'USDX',
  ' USD',
  'XXX',
  'XAU',
  'DEM',
  '€',
  'ＵＳＤ',
];
const BAD_COUNTRIES = [...NEVER, 5, '', 'de', 'D', 'DEU', 'ZZ', '==', 'Germany'];
const BAD_TIMES = [
  ...NEVER,
  5,
  1_800_000_000_000,
  '',
  'tomorrow',
  '2027-01-01',
  '2027-01-01T00:00:00',
  '2027-02-30T00:00:00Z',
  '2027-13-01T00:00:00Z',
  '2027-01-01T25:00:00Z',
  '1969-01-01T00:00:00Z',
  '+012027-01-01T00:00:00Z',
];
const BAD_DAYS = [
  ...NEVER,
  5,
  '',
  'tomorrow',
  '2027-1-1',
  '2027-02-30',
  '2027-13-01',
  '2027-01-01T00:00:00Z',
];
const ID_TAIL = '0'.repeat(12);
const BAD_IDS = [
  ...NEVER,
  5,
  '',
  'nonsense',
  `xyz_${'0'.repeat(32)}`,
  `org_${'g'.repeat(32)}`,
  `org_${'0'.repeat(31)}`,
  `00000000-0000-0000-0000-${ID_TAIL}`,
  `' or 1=1 --`,
];
const BAD_WHOLE = [...NEVER, 0.5, '5', '', new RawJson('9007199254740993'), 1e300, new RawJson('1e400')];
const BAD_NUMBERS = [...NEVER, '5', '', -1, new RawJson('1e400'), new RawJson('-1e400')];
const BAD_FLAGS = [{}, [], 'true', '', 0, 1];
const BAD_TEXTS = [...NEVER, 5];
const BAD_OBJECTS = [[], [{}], true, 5, '', 'text'];
const BAD_LISTS = [{}, { 0: 'a' }, true, 5, 'text', [[]], [null], [{}]];

/** How the document says what a field is; a field it says nothing of has no kind, which fails the tests. */
export type FieldKind =
  | 'decimal'
  | 'currency'
  | 'country'
  | 'time'
  | 'day'
  | 'id'
  | 'word'
  | 'text'
  | 'whole'
  | 'number'
  | 'flag'
  | 'object'
  | 'map'
  | 'list';

export function kindOf(schema: FieldSchema): FieldKind | undefined {
  if (schema.enum) return schema.type === 'array' ? 'list' : 'word';
  if (schema.type === 'array') return 'list';
  if (schema.type === 'integer') return 'whole';
  if (schema.type === 'number') return 'number';
  if (schema.type === 'boolean') return 'flag';
  if (schema.properties) return 'object';
  if (schema.additionalProperties !== undefined) return 'map';
  if (schema.format === 'decimal') return 'decimal';
  if (schema.format === 'date-time') return 'time';
  if (schema.format === 'date') return 'day';
  if (schema.pattern === '^[A-Z]{3}$') return 'currency';
  if (schema.pattern === '^[A-Z]{2}$') return 'country';
  if (schema.pattern?.includes('_[0-9a-f]{32}$')) return 'id';
  return schema.maxLength === undefined ? undefined : 'text';
}

/** Values that a field of a body cannot have. */
export function badValues(schema: FieldSchema): unknown[] {
  const none = schema.nullable ? [] : [null];
  const kind = kindOf(schema);
  switch (kind) {
    case 'decimal':
      return [...none, ...BAD_DECIMALS];
    case 'currency':
      return [...none, ...BAD_CURRENCIES];
    case 'country':
      return [...none, ...BAD_COUNTRIES];
    case 'time':
      return [...none, ...BAD_TIMES];
    case 'day':
      return [...none, ...BAD_DAYS];
    case 'id':
      return [...none, ...BAD_IDS];
    case 'word':
      return [...none, ...BAD_TEXTS, '', 'nonsense', 'constructor', String(schema.enum?.[0]).toUpperCase()];
    case 'text':
      return [...none, ...BAD_TEXTS, 'x'.repeat((schema.maxLength ?? 0) + 1), ...emptyTexts(schema)];
    case 'whole':
      return [...none, ...BAD_WHOLE, ...beyond(schema)];
    case 'number':
      return [...none, ...BAD_NUMBERS];
    case 'flag':
      return [...none, ...BAD_FLAGS];
    case 'object':
      return [...none, ...BAD_OBJECTS];
    case 'map':
      return [...none, ...BAD_OBJECTS, { a: null }, { a: {} }, { a: [] }, { '': 'x' }];
    case 'list':
      return [...none, ...BAD_LISTS, ...badItems(schema.items)];
    case undefined:
      return [];
  }
}

const emptyTexts = ({ minLength = 0 }: FieldSchema): string[] => (minLength > 0 ? ['', '  '] : []);
const beyond = ({ minimum, maximum }: FieldSchema): number[] => [
  ...(minimum === undefined ? [] : [minimum - 1]),
  ...(maximum === undefined ? [] : [maximum + 1]),
];
/** Lists of one wrong item each; the members of items that are objects are fields of their own. */
const badItems = (items: FieldSchema | undefined): unknown[] => {
  if (!items || items.properties) return [];
  const values = kindOf(items) === undefined ? [5, '', 'a\0b', 'x'.repeat(5_000)] : badValues(items);
  return values.filter((value) => !(value instanceof RawJson)).map((value) => [value]);
};

/** What a query can say wrongly: always text. */
export function badQueryTexts(schema: FieldSchema): string[] {
  const more = { whole: ['x', '1.5', '-1', '1e3', '99999999999999999999'], flag: ['yes', '1'] };
  const kind = kindOf(schema);
  if (kind === 'whole' || kind === 'flag') return more[kind];
  const values = badValues({ ...schema, nullable: true });
  return values.filter((value) => typeof value === 'string').filter((text) => !/\p{Surrogate}/u.test(text));
}
