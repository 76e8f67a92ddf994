import { FaregateError, type ErrorDetails, type ErrorKind } from '../core/errors.js';
import { asObject, asString, isObject, type JsonObject } from '../core/json.js';
import type { StreamFailure } from '../protocols/completion.js';
import type { UpstreamErrorBody } from '../protocols/protocol.js';
import { retryAfterSeconds, type RetryHint } from './retry-after.js';
import { publicText } from './upstream-text.js';

/** An upstream's refusal as it came. */
export interface UpstreamRefusal extends RetryHint {
  /** HTTP status, or the one that a failure inside a 200 stands for. */
  status: number;
  body: UpstreamErrorBody;
}

/** What a refusal means for the caller and for routing. */
export interface UpstreamFailure {
  /** For the caller; `details.internal` keeps the upstream's own words for the log. */
  error: FaregateError;
  /**
   * Whether another deployment may answer. False for a fault in the request itself, and for timeouts: the upstream may
   * still be working, and charging (statement 69: 400, 408, 504 and 524 are never retried).
   */
  retryable: boolean;
}

const CREDENTIAL_REFUSED = "The upstream refused the gateway's credential";

/** Codes and words with which vendors say "your account", whatever the status: the gateway's account, never the caller's. */
const OUR_ACCOUNT =
  /insufficient_quota|billing_hard_limit|billing_not_active|credit balance is too low|api key not valid|api_key_invalid|invalid_api_key|account_deactivated|access_terminated|insufficient balance|exceeded your current quota|payment required/i;

/** Codes and words for a model that the vendor does not have or does not let us use. */
const OUR_MODEL =
  /model_not_found|model_not_exist|no such model|model .{0,80}(?:does not exist|is not available)/i;

/** Judges an upstream's refusal. Only a fault in the request itself is told in the vendor's own (cleaned) words. */
export function upstreamFailure(refusal: UpstreamRefusal): UpstreamFailure {
  const { status, body } = refusal;
  const words = `${body.type ?? ''} ${body.code ?? ''} ${body.message}`;
  const waitSeconds = retryAfterSeconds(refusal);
  const fail = (
    kind: ErrorKind,
    message: string,
    details: ErrorDetails,
    retryable: boolean,
  ): UpstreamFailure => ({
    error: new FaregateError(kind, message, { ...details, internal: { status, ...body } }),
    retryable,
  });
  if (OUR_ACCOUNT.test(words) || [401, 402, 403].includes(status)) {
    return fail('upstream', CREDENTIAL_REFUSED, {}, true);
  }
  if (status === 404 || (status < 500 && OUR_MODEL.test(words))) {
    return fail('upstream', 'The upstream does not serve this model', {}, true);
  }
  switch (status) {
    case 400:
    case 415:
    case 422:
      return fail('invalid_request', callerMessage(body), callerDetails(body), false);
    case 413:
      return fail('too_large', callerMessage(body), {}, false);
    case 429:
      return fail(
        'rate_limit',
        "The upstream's rate limit is reached",
        { retryAfterSeconds: waitSeconds },
        true,
      );
    case 408:
    case 504:
    case 524:
      return fail('timeout', 'The upstream did not answer in time', {}, false);
    case 503:
    case 529:
      return fail('unavailable', 'The upstream is overloaded', { retryAfterSeconds: waitSeconds ?? 2 }, true);
    default:
      return fail('upstream', 'The upstream failed', {}, true);
  }
}

/** What a caller is told of a failure inside a stream, by its kind; of the others the cleaned words. */
const STREAM_MESSAGES: Partial<Record<ErrorKind, string>> = {
  rate_limit: "The upstream's rate limit is reached",
  timeout: 'The upstream did not answer in time',
  unavailable: 'The upstream is overloaded',
};

/** A failure inside a stream for the caller: never more of the vendor's words than a refusal by status would show. */
export function streamFailure({ kind, message, vendorType }: StreamFailure): FaregateError {
  const words = `${vendorType ?? ''} ${message}`;
  const internal = { message, type: vendorType };
  if (OUR_ACCOUNT.test(words)) return new FaregateError('upstream', CREDENTIAL_REFUSED, { internal });
  if (OUR_MODEL.test(words))
    return new FaregateError('upstream', 'The upstream does not serve this model', { internal });
  // Without a vendor's type the words are our own decoder's, or a vendor's that says little.
  const isShown = kind === 'invalid_request' || vendorType === undefined;
  const shown = STREAM_MESSAGES[kind] ?? (isShown ? callerMessage({ message }) : 'The upstream failed');
  const { code } = callerDetails({ message, code: vendorType });
  const retryAfterSeconds = kind === 'unavailable' ? 2 : undefined;
  return new FaregateError(kind, shown, { code, retryAfterSeconds, internal });
}

/** MiniMax's codes for a failure (platform.minimax.io error codes), as HTTP statuses. */
const MINIMAX_STATUS = new Map([
  [1001, 504],
  [1002, 429],
  [1004, 401],
  [1008, 402],
  [1026, 400],
  [1027, 400],
  [1039, 429],
  [2013, 400],
]);

/**
 * A failure that a vendor sent with status 200: MiniMax's `base_resp` with another code than 0, or an `error` object
 * in place of an answer. Undefined for an answer.
 */
export function disguisedFailure(answer: JsonObject): Pick<UpstreamRefusal, 'status' | 'body'> | undefined {
  const baseResp = asObject(answer['base_resp']);
  const code = baseResp?.['status_code'];
  if (typeof code === 'number' && code !== 0) {
    const message = asString(baseResp?.['status_msg']) ?? 'the upstream gave no reason';
    return { status: MINIMAX_STATUS.get(code) ?? 500, body: { message, code: String(code) } };
  }
  const error = answer['error'];
  if (!isObject(error) || answer['choices'] !== undefined || answer['content'] !== undefined)
    return undefined;
  const status = error['code'];
  return {
    status: typeof status === 'number' && status >= 400 && status <= 599 ? status : 500,
    body: {
      message: asString(error['message']) ?? 'the upstream gave no reason',
      type: asString(error['type']),
      code: asString(error['code']),
    },
  };
}

function callerMessage(body: Pick<UpstreamErrorBody, 'message'>): string {
  const text = publicText(body.message);
  return text === '' ? 'The upstream refused the request' : text;
}

/** The field and the code at fault, when they look like a field and a code. */
function callerDetails({ param, code }: UpstreamErrorBody): ErrorDetails {
  return {
    param: param !== undefined && /^[\w.[\]-]{1,100}$/.test(param) ? param : undefined,
    code: code !== undefined && /^[a-z][a-z0-9_]{0,63}$/.test(code) ? code : undefined,
  };
}
