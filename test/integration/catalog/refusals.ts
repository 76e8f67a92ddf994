import type { AdminAnswer } from '../../support/admin-api.js';

/** What a refused field looks like from outside: status, type and the field's name. */
export const refusalOf = ({ status, body }: AdminAnswer) => ({
  status,
  type: (body as { error?: { type?: string } }).error?.type,
  param: (body as { error?: { param?: string | null } }).error?.param,
});

export const invalid = (param: string | null) => ({ status: 400, type: 'invalid_request_error', param });
