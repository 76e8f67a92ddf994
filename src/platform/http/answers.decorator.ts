import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiDefaultResponse,
  ApiExtraModels,
  ApiOkResponse,
  getSchemaPath,
} from '@nestjs/swagger';

const nullableText = { type: 'string', nullable: true } as const;

/** Documents the shape of every refusal and fault. */
export const AnswersProblems = () =>
  ApiDefaultResponse({
    description: 'A refusal or fault; `param` names the field at fault.',
    schema: {
      type: 'object',
      required: ['error'],
      properties: {
        error: {
          type: 'object',
          required: ['message', 'type', 'param', 'code'],
          properties: {
            message: { type: 'string' },
            type: { type: 'string' },
            param: nullableText,
            code: nullableText,
          },
        },
      },
    },
  });

/** Documents an answer of 201 with this resource. */
export const AnswersCreated = (resource: Type) => ApiCreatedResponse({ type: resource });

/** Documents an answer of 200 with this resource. */
export const Answers = (resource: Type) => ApiOkResponse({ type: resource });

/** Documents an answer of 200 with a page of these resources. */
export const AnswersList = (resource: Type) =>
  applyDecorators(
    ApiExtraModels(resource),
    ApiOkResponse({
      schema: {
        type: 'object',
        required: ['object', 'data', 'has_more', 'next_cursor'],
        properties: {
          object: { type: 'string', enum: ['list'] },
          data: { type: 'array', items: { $ref: getSchemaPath(resource) } },
          has_more: { type: 'boolean' },
          next_cursor: { ...nullableText, description: 'Pass it as `cursor` for the next page.' },
        },
      },
    }),
  );
