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

/** https://ai.google.dev/gemini-api/docs/troubleshooting */
const GOOGLE_STATUS: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

function googleErrorBody({ status, message, type, code }: VendorError): JsonObject {
  const details =
    code === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code }];
  return { error: { code: status, message, status: type ?? GOOGLE_STATUS[status] ?? 'UNKNOWN', details } };
}

/** The error body as the protocol's vendor writes it. */
export function errorBody(protocol: SimulatedProtocol, error: VendorError, requestId: string): JsonObject {
  if (protocol === 'google-gemini') return googleErrorBody(error);
  if (protocol === 'anthropic-messages') {
    const type = error.type ?? ANTHROPIC_TYPES[error.status] ?? 'api_error';
    return { type: 'error', error: { type, message: error.message }, request_id: requestId };
  }
  const type = error.type ?? OPENAI_TYPES[error.status] ?? 'server_error';
  return { error: { message: error.message, type, param: error.param ?? null, code: error.code ?? null } };
}

/** The frame by which the protocol's vendor breaks off a stream. */
export function errorFrame(protocol: SimulatedProtocol, error: VendorError, requestId: string): string {
  if (protocol === 'openai-responses') {
    const { message, code = 'server_error', param = null } = error;
    const event = { type: 'error', sequence_number: 0, code, message, param };
    return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
  }
  const text = JSON.stringify(errorBody(protocol, error, requestId));
  if (protocol === 'google-gemini') return `data: ${text}\r\n\r\n`;
  return protocol === 'anthropic-messages' ? `event: error\ndata: ${text}\n\n` : `data: ${text}\n\n`;
}

/** What is wrong with a credential, or undefined. The simulator takes any key that starts with `sim-`. */
export function credentialError(
  protocol: SimulatedProtocol,
  credential: string | undefined,
): VendorError | undefined {
  if (credential !== undefined && /^sim-./.test(credential)) return undefined;
  if (protocol === 'google-gemini')
    return {
      status: 400,
      message: 'API key not valid. Please pass a valid API key.',
      code: 'API_KEY_INVALID',
    };
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
