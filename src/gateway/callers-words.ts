import { FaregateError, invalidRequest } from '../core/errors.js';
import type { Protocol } from '../protocols/protocol.js';
import { PROTOCOLS } from '../protocols/registry.js';
import { warnedField } from '../protocols/warnings.js';

type CallersWords = Pick<Protocol, 'inputField' | 'fieldNames'>;

const INPUT_FIELDS: ReadonlySet<string> = new Set(PROTOCOLS.map(({ inputField }) => inputField));

/** A refusal of a part of the input, whichever protocol gave it, by the caller's own name of that field. */
export function refusalInWordsOf({ inputField }: CallersWords, error: unknown): unknown {
  const param = error instanceof FaregateError ? error.details.param : undefined;
  if (param === undefined || !INPUT_FIELDS.has(param)) return error;
  return invalidRequest(
    (error as FaregateError).message.replace(`${param}: `, `${inputField}: `),
    inputField,
  );
}

/** A warning, whichever protocol gave it, by the caller's own name of its field. */
export function warningInWordsOf(client: CallersWords, warning: string): string {
  const field = warnedField(warning);
  return field === undefined ? warning : warning.replace(field, nameOf(client, field));
}

function nameOf({ inputField, fieldNames = {} }: CallersWords, field: string): string {
  const known = (name: string): string | undefined =>
    Object.hasOwn(fieldNames, name) ? fieldNames[name] : undefined;
  const [top = '', ...rest] = field.split('.');
  if (!INPUT_FIELDS.has(top)) return [known(top) ?? top, ...rest].join('.');
  const [part, ...more] = rest;
  return part === undefined ? inputField : [inputField, known(`input.${part}`) ?? part, ...more].join('.');
}
