import { All, Controller, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { FaregateError } from '../core/errors.js';
import { PublicAccess } from '../platform/http/access.decorator.js';
import { ProtocolErrorFilter } from './protocol-error.filter.js';

/**
 * Addresses and methods below /v1/messages and of Google's API that do not exist, refused in the shape those callers read.
 * Everywhere else the application's own filter says so in the OpenAI shape.
 */
@ApiExcludeController()
@PublicAccess()
@UseFilters(ProtocolErrorFilter)
@Controller()
export class UnknownRouteController {
  @All(['/v1/messages', '/v1/messages/*rest', '/v1beta/*rest', '/v1/models/*model\\:countTokens'])
  refuse(): never {
    throw new FaregateError('not_found', 'There is nothing at this address', { code: 'route_not_found' });
  }
}
