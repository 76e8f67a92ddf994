import type { JsonObject } from '../../core/json.js';
import type { SimulatedProtocol } from './prompt.js';

/** A refusal, before it takes a vendor's shape. */
export interface VendorError {
  status: number;
  message: string;
  /** The vendor's error type; absent means the usual one of the status. */
  type?: string | undefined;
  /** OpenAI only. */
  param?: string | undefined;
  /** OpenAI only. */
  code?: string | undefined;
}

/** https://platform.openai.com/docs/guides/error-codes */
const OPENAI_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'invalid_request_error',
  403: 'invalid_request_error',
  404: 'invalid_request_error',
  429: 'requests',
  500: 'server_error',
  503: 'server_error',
};

/** https://docs.anthropic.com/en/api/errors */
const ANTHROPIC_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

/** The error body as the protocol's vendor writes it. */
export function errorBody(protocol: SimulatedProtocol, error: VendorError, requestId: string): JsonObject {
  if (protocol === 'anthropic-messages') {
    const type = error.type ?? ANTHROPIC_TYPES[error.status] ?? 'api_error';
    return { type: 'error', error: { type, message: error.message }, request_id: requestId };
  }
  const type = error.type ?? OPENAI_TYPES[error.status] ?? 'server_error';
  return { error: { message: error.message, type, param: error.param ?? null, code: error.code ?? null } };
}

/** The frame by which the protocol's vendor breaks off a stream. */
export function errorFrame(protocol: SimulatedProtocol, error: VendorError, requestId: string): string {
  const text = JSON.stringify(errorBody(protocol, error, requestId));
  return protocol === 'anthropic-messages' ? `event: error\ndata: ${text}\n\n` : `data: ${text}\n\n`;
}

/** What is wrong with a credential, or undefined. The simulator takes any key that starts with `sim-`. */
export function credentialError(
  protocol: SimulatedProtocol,
  credential: string | undefined,
): VendorError | undefined {
  if (credential !== undefined && /^sim-./.test(credential)) return undefined;
  if (protocol === 'anthropic-messages') {
    return {
      status: 401,
      message: credential === undefined ? 'x-api-key header is required' : 'invalid x-api-key',
    };
  }
  if (credential === undefined) {
    return {
      status: 401,
      message: "You didn't provide an API key. Send it as: Authorization: Bearer YOUR_KEY",
    };
  }
  const shown = `${credential.slice(0, 3)}***${credential.slice(-4)}`;
  return { status: 401, message: `Incorrect API key provided: ${shown}.`, code: 'invalid_api_key' };
}
