import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  buildMessage,
} from 'class-validator';
import { ID_PREFIXES, parsePublicId, type IdKind } from '../../core/ids.js';
import {
  MAX_COUNT,
  isCountry,
  isCurrency,
  judgeCount,
  judgeDay,
  judgeInstant,
  judgeMoney,
  judgeStringMap,
  judgeText,
  type CountLimits,
  type InstantLimits,
  type MoneyLimits,
  type StringMapLimits,
  type TextLimits,
} from './field-rules.js';

/** What a field can be, for readers of /openapi.json; what an ApiProperty above it says goes over this. */
type Described = Parameters<typeof ApiProperty>[0];

/** A rule that says why: `judge` answers null when the value is fine. */
export const IsJudged = (name: string, judge: (value: unknown) => string | null, each = false) =>
  ValidateBy(
    {
      name,
      validator: {
        validate: (value) => judge(value) === null,
        defaultMessage: (args) => {
          const values: unknown[] = each && Array.isArray(args?.value) ? args.value : [args?.value];
          return values.map(judge).find((reason) => reason !== null) ?? 'is not valid';
        },
      },
    },
    { each },
  );

/** A rule that also says in /openapi.json what it asks for, wherever it stands. */
const described = (schema: Described, rule: PropertyDecorator) => applyDecorators(rule, ApiProperty(schema));

/** The field may be left out; when it is there, even as null, its rules apply. */
export const MayBeAbsent = () => ValidateIf((_, value) => value !== undefined);

/** The field may be left out, or null to clear it. */
export const MayBeNull = () => ValidateIf((_, value) => value !== undefined && value !== null);

/** A decimal string of the major unit with at most 9 places; `min` and `max` are decimals too, inclusive. */
export const IsMoney = (limits: MoneyLimits = {}) =>
  described(
    { type: String, format: 'decimal' },
    IsJudged('isMoney', (value) => judgeMoney(value, limits)),
  );

/** What every id of a kind looks like, as the regular expression of an OpenAPI schema. */
export const idPattern = (kind: IdKind): string => `^${ID_PREFIXES[kind]}_[0-9a-f]{32}$`;

/** An id of this kind, as the API writes it; whether it exists is for the service to say. */
export const IsPublicId = (kind: IdKind) =>
  described(
    { type: String, pattern: idPattern(kind) },
    IsJudged('isPublicId', (value) =>
      typeof value === 'string' && parsePublicId(kind, value) !== null
        ? null
        : `must be an id such as "${ID_PREFIXES[kind]}_0199…"`,
    ),
  );

/** One line or more of text: 1 to `max` characters (200 when not said). */
export const IsText = (limits: TextLimits = {}) =>
  described(
    { type: String, minLength: limits.min ?? 1, maxLength: limits.max ?? 200 },
    IsJudged('isText', (value) => judgeText(value, limits)),
  );

/** Like IsText, for each item of a list with at most `maxItems` (100 when not said) distinct items. */
export const IsTextList = (limits: TextLimits & { maxItems?: number; minItems?: number } = {}) =>
  applyDecorators(
    IsArray({ message: 'must be a list of strings' }),
    IsJudged('isTextList', (value) => {
      if (!Array.isArray(value)) return 'must be a list of strings';
      const { maxItems = 100, minItems = 0 } = limits;
      if (value.length > maxItems) return `must have at most ${maxItems} items`;
      if (value.length < minItems) return `must have at least ${minItems} item`;
      if (new Set(value).size !== value.length) return 'must not repeat an item';
      const reason = value.map((item) => judgeText(item, limits)).find((found) => found !== null);
      return reason === undefined ? null : `has an item that ${reason}`;
    }),
  );

/** A whole number from `min` (0) to `max` (2147483647). */
export const IsCount = (limits: CountLimits = {}) =>
  described(
    { type: 'integer', minimum: limits.min ?? 0, maximum: limits.max ?? MAX_COUNT },
    IsJudged('isCount', (value) => judgeCount(value, limits)),
  );

/** An RFC 3339 time with its offset. */
export const IsInstant = (limits: InstantLimits = {}) =>
  described(
    { type: String, format: 'date-time' },
    IsJudged('isInstant', (value) => judgeInstant(value, limits)),
  );

/** A calendar day "2027-01-31". */
export const IsDay = () => described({ type: String, format: 'date' }, IsJudged('isDay', judgeDay));

/** An object of strings: at most `maxPairs` (16), names of 40 and values of 500 characters. */
export const IsStringMap = (limits: StringMapLimits = {}) =>
  IsJudged('isStringMap', (value) => judgeStringMap(value, limits));

/** One of these words. */
export const IsOneOf = (...words: readonly string[]) =>
  IsJudged('isOneOf', (value) =>
    typeof value === 'string' && words.includes(value) ? null : `must be one of: ${words.join(', ')}`,
  );

/** True or false, not a word for it. */
export const IsFlag = () =>
  IsJudged('isFlag', (value) => (typeof value === 'boolean' ? null : 'must be true or false'));

/** The ISO 4217 code, in capitals, of a currency in circulation. */
export const IsCurrency = () =>
  described(
    { type: String, pattern: '^[A-Z]{3}$' },
    IsJudged('isCurrency', (value) =>
      isCurrency(value) ? null : 'must be an ISO 4217 currency in circulation such as "EUR"',
    ),
  );

/** An ISO 3166 country, by its two capitals. */
export const IsCountry = () =>
  described(
    { type: String, pattern: '^[A-Z]{2}$' },
    IsJudged('isCountry', (value) => (isCountry(value) ? null : 'must be an ISO 3166 country such as "DE"')),
  );

const isPlainObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A list of at least `minItems` (0) and at most `maxItems` objects, each validated by its class. */
export const IsNestedList = (dto: () => new () => object, limits: { minItems?: number; maxItems: number }) =>
  applyDecorators(
    Type(dto),
    IsArray({ message: 'must be a list' }),
    ArrayMinSize(limits.minItems ?? 0),
    ArrayMaxSize(limits.maxItems),
    IsJudged('isObjectList', (value) =>
      Array.isArray(value) && value.every(isPlainObject) ? null : 'must be a list of objects',
    ),
    ValidateNested({ each: true }),
  );

/** An object with fields of its own, validated by its class. */
export const IsNested = (dto: () => new () => object) =>
  applyDecorators(
    Type(dto),
    ValidateBy({
      name: 'isNested',
      validator: {
        validate: isPlainObject,
        defaultMessage: buildMessage(() => 'must be an object'),
      },
    }),
    ValidateNested(),
  );
