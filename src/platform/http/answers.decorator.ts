import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { flag, nullableText, objectOf, text, word, type Schema } from './openapi-schema.js';

/** Documents an answer of 201 with this resource. */
export const AnswersCreated = (resource: Type) => ApiCreatedResponse({ type: resource });

/** Documents an answer of 200 with this resource. */
export const Answers = (resource: Type) => ApiOkResponse({ type: resource });

/** Documents an answer of 200 with a page of these resources. */
export const AnswersList = (resource: Type) =>
  applyDecorators(ApiExtraModels(resource), AnswersListOf({ $ref: getSchemaPath(resource) }));

/** Documents an answer of 200 with a page of items of this schema. */
export const AnswersListOf = (item: Schema | { $ref: string }) =>
  AnswersWith({
    object: word('list'),
    data: { type: 'array', items: item },
    has_more: flag,
    next_cursor: { ...nullableText, description: 'Pass it as `cursor` for the next page.' },
  });

/** Documents an answer of 200 with an object that has these members. */
export const AnswersWith = (properties: Record<string, Schema>) =>
  ApiOkResponse({ schema: objectOf(properties) });

/** Documents an answer of 202 with an object that has these members. */
export const AnswersAccepted = (properties: Record<string, Schema>) =>
  ApiAcceptedResponse({ schema: objectOf(properties) });

/** Documents the answer to a deletion. */
export const AnswersDeleted = (object: string) =>
  AnswersWith({
    id: text,
    object: word(object),
    deleted: { ...flag, enum: [true] },
  });

/** Documents an answer of 200 with a file in one of these media types. */
export const AnswersFile = (...mediaTypes: string[]) =>
  ApiOkResponse({
    description: 'The file.',
    content: Object.fromEntries(
      mediaTypes.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
    ),
  });
