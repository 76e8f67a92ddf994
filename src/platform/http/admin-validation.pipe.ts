import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { invalidRequest, type FaregateError } from '../../core/errors.js';
import { assertStorable } from './storable.js';

/** Validates DTOs of the admin and finance APIs; a refusal names the first field at fault by its path. */
@Injectable()
export class AdminValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: refusal,
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom') return value;
    if (metadata.type === 'body' && value !== undefined) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw invalidRequest('The request body must be a JSON object.');
      }
    }
    assertStorable(value);
    return super.transform(value, metadata);
  }
}

/** The first fault, in the order the fields were declared; unknown fields come first. */
function refusal(errors: ValidationError[]): FaregateError {
  const path: string[] = [];
  let fault: ValidationError | undefined;
  for (
    let level: ValidationError[] | undefined = errors;
    level && level.length > 0;
    level = fault?.children
  ) {
    fault = level[0];
    path.push(fault?.property ?? '');
  }
  const param = path.join('.');
  const [rule, text] = Object.entries(fault?.constraints ?? {})[0] ?? ['', 'is not valid'];
  if (rule === 'whitelistValidation') return invalidRequest(`Unknown field "${param}".`, param);
  const property = fault?.property ?? '';
  const reason = text.startsWith(`${property} `) ? text.slice(property.length + 1) : text;
  return invalidRequest(`${param} ${reason}`, param);
}
