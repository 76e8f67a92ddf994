import type { OpenAPIObject } from '@nestjs/swagger';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

/** The schema of a value in the OpenAPI document, for what has no class of its own. */
export type Schema = Exclude<Schemas[string], { $ref: string }>;

export const text = { type: 'string' } as const satisfies Schema;
export const nullableText = { type: 'string', nullable: true } as const satisfies Schema;
export const time = { type: 'string', format: 'date-time' } as const satisfies Schema;
export const nullableTime = { ...time, nullable: true } as const satisfies Schema;
export const whole = { type: 'integer' } as const satisfies Schema;
export const nullableWhole = { type: 'integer', nullable: true } as const satisfies Schema;
export const decimal = { type: 'number' } as const satisfies Schema;
export const flag = { type: 'boolean' } as const satisfies Schema;
/** An amount as a decimal string, its currency beside it. */
export const money = { type: 'string', example: '12.340000000' } as const satisfies Schema;
export const nullableMoney = { ...money, nullable: true } as const satisfies Schema;
/** An object that says more than the document does. */
export const open = { type: 'object', additionalProperties: true } as const satisfies Schema;

export const word = (...words: string[]): Schema => ({ type: 'string', enum: words });
export const listOf = (items: Schema): Schema => ({ type: 'array', items });
/** An object whose members have names of their own. */
export const mapOf = (additionalProperties: Schema): Schema => ({ type: 'object', additionalProperties });

/** An object with these members, all of them there but those of `optional`. */
export function objectOf(properties: Record<string, Schema>, optional: string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  // The specification allows no empty list.
  return { type: 'object', ...(required.length > 0 && { required }), properties };
}
