import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsArray, ValidateBy, ValidateIf, ValidateNested, buildMessage } from 'class-validator';
import { ID_PREFIXES, parsePublicId, type IdKind } from '../../core/ids.js';
import {
  isCurrency,
  judgeCount,
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

/** The field may be left out; when it is there, even as null, its rules apply. */
export const MayBeAbsent = () => ValidateIf((_, value) => value !== undefined);

/** The field may be left out, or null to clear it. */
export const MayBeNull = () => ValidateIf((_, value) => value !== undefined && value !== null);

/** A decimal string of the major unit with at most 9 places; `min` and `max` are decimals too, inclusive. */
export const IsMoney = (limits: MoneyLimits = {}) =>
  IsJudged('isMoney', (value) => judgeMoney(value, limits));

/** An id of this kind, as the API writes it; whether it exists is for the service to say. */
export const IsPublicId = (kind: IdKind) =>
  IsJudged('isPublicId', (value) =>
    typeof value === 'string' && parsePublicId(kind, value) !== null
      ? null
      : `must be an id such as "${ID_PREFIXES[kind]}_0199…"`,
  );

/** One line or more of text: 1 to `max` characters (200 when not said). */
export const IsText = (limits: TextLimits = {}) => IsJudged('isText', (value) => judgeText(value, limits));

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
  IsJudged('isCount', (value) => judgeCount(value, limits));

/** An RFC 3339 time with its offset. */
export const IsInstant = (limits: InstantLimits = {}) =>
  IsJudged('isInstant', (value) => judgeInstant(value, limits));

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

/** A currency the ISO 4217 table of this runtime knows. */
export const IsCurrency = () =>
  IsJudged('isCurrency', (value) => (isCurrency(value) ? null : 'must be an ISO 4217 code such as "USD"'));

/** An object with fields of its own, validated by its class. */
export const IsNested = (dto: () => new () => object) =>
  applyDecorators(
    Type(dto),
    ValidateBy({
      name: 'isNested',
      validator: {
        validate: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
        defaultMessage: buildMessage(() => 'must be an object'),
      },
    }),
    ValidateNested(),
  );
