import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/**
 * The model id at the end of a path such as `models/*model`: ids hold slashes, which a caller may write as they are
 * or as %2F.
 */
export const ModelId = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const given: unknown = context.switchToHttp().getRequest<Request>().params['model'];
  return Array.isArray(given) ? given.join('/') : String(given);
});
