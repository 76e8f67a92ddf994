import { CONTEXT_LENGTH_CODE, openAiContextMessage } from '../core/context-length.js';
import { FaregateError, STATUS_OF_KIND, type ErrorDetails, type ErrorKind } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import type { StreamFailure } from '../protocols/completion.js';
import { failedBaseResponse, findError } from '../protocols/openai-chat/error.js';
import type { UpstreamErrorBody } from '../protocols/protocol.js';
import { contextLengthOf } from './context-length.js';
import { ownWords } from './own-words.js';
import { retryAfterSeconds, type RetryHint } from './retry-after.js';
import { publicText } from './upstream-text.js';

/** An upstream's refusal as it came. */
export interface UpstreamRefusal extends RetryHint {
  /** HTTP status, or the one that a failure inside a 200 stands for. */
  status: number;
  body: UpstreamErrorBody;
}

/**
 * What went wrong, as routing sees it: `request` the request itself, `account` our credential or credit there, `model`
 * the vendor does not have the model, `rate_limit` and `overloaded` back-pressure, `timeout` no answer in time while
 * the upstream may still be working, `fault` everything else that is the upstream's.
 */
export type FailureCause =
  'request' | 'account' | 'model' | 'rate_limit' | 'overloaded' | 'timeout' | 'fault';

/** What a refusal means for the caller and for routing. */
export interface UpstreamFailure {
  cause: FailureCause;
  /** For the caller; `details.internal` keeps the upstream's own words for the log. */
  error: FaregateError;
  /** Seconds after which the upstream itself said to come back; absent: it did not say. */
  waitSeconds?: number | undefined;
}

const CREDENTIAL_REFUSED = "The upstream refused the gateway's credential";
const RATE_LIMITED = "The upstream's rate limit is reached";
const NO_MODEL = 'The upstream does not serve this model';

/**
 * Codes and words with which vendors say "your account", whatever the status: the gateway's account, never the
 * caller's. Each was seen in a vendor's answer (test/support/vendor-errors.ts).
 */
const OUR_ACCOUNT =
  /insufficient_quota|billing_hard_limit|billing_not_active|credit_balance_exhausted|spend(?:ing)?[_ ]limit|credit balance is too low|usage limits|api key not valid|api_key_invalid|invalid_api_key|(?:incorrect|invalid) api key|account_deactivated|organization_restricted|access_terminated|insufficient[ _](?:balance|credits?)|exceeded[ _](?:your )?current[ _]quota|arrearage|used all available credits|account .{0,80}suspended|free tier .{0,60}exhausted|payment required/i;

/** Codes and words for a model that the vendor does not have or does not let us use. */
const OUR_MODEL =
  /model_not_found|model_not_exist|deploymentnotfound|no such model|model .{0,80}(?:does not exist|is not available|not found)/i;

/** Words for a prompt that the vendor's filter refused, whatever the status: the caller's fault (OpenRouter, Azure, Alibaba, xAI). */
const FILTERED =
  /input was flagged|content_filter|content_policy|content management policy|data_?inspection_?failed|content violates usage guidelines|safety_check_type/i;

/** Words for something that the request refers to and the vendor does not have: files and caches of Anthropic, Google and OpenAI, what OpenAI's Responses keeps. */
const NO_SUCH_REFERENCE =
  /\b(?:file|cachedcontent|(?:item|response|conversation|container) with id)\b.{0,200}\bnot (?:found|exist)\b|no such file object/is;

/** Codes of a rate limit that comes with another status than 429 (Groq says 413 for too many tokens a minute). */
const RATE_CODE = /^(?:rate_limit_exceeded|rate_limited|RESOURCE_EXHAUSTED)$/;

/** Words of overload that come with another status than 503 (Moonshot and Mistral say 429, Groq 498). */
const OVERLOADED = /engine_overloaded|currently overloaded|capacity[_ ]exceeded|slow_down/i;

type Verdict = [kind: ErrorKind, message: string, details: ErrorDetails];

/** What the words say, when they say more than the status. */
function judgeWords({ status, body }: UpstreamRefusal, waitSeconds: number | undefined): Verdict | undefined {
  const words = ownWords(body, status);
  // Google says "your current quota" for a limit a minute, too; only such a one names a time to wait.
  const isRate = RATE_CODE.test(body.code ?? '') || RATE_CODE.test(body.type ?? '');
  if (isRate && (waitSeconds !== undefined || !OUR_ACCOUNT.test(words))) {
    return ['rate_limit', RATE_LIMITED, { retryAfterSeconds: waitSeconds }];
  }
  if (status < 500 && FILTERED.test(`${words} ${body.message}`)) {
    return ['invalid_request', callerMessage(body), { ...callerDetails(body), code: 'content_filter' }];
  }
  if ([403, 404].includes(status) && NO_SUCH_REFERENCE.test(body.message) && !OUR_MODEL.test(words)) {
    return ['invalid_request', callerMessage(body), callerDetails(body)];
  }
  if (OUR_ACCOUNT.test(words) || [401, 402, 403].includes(status))
    return ['upstream', CREDENTIAL_REFUSED, {}];
  if (status === 404 || (status < 500 && OUR_MODEL.test(words))) return ['upstream', NO_MODEL, {}];
  if (OVERLOADED.test(words)) return overloaded(waitSeconds);
  const contextLength = [400, 413, 422, 500].includes(status) ? contextLengthOf(body) : undefined;
  if (!contextLength) return undefined;
  const details = { param: 'messages', code: CONTEXT_LENGTH_CODE, contextLength };
  return ['invalid_request', openAiContextMessage(contextLength), details];
}

const overloaded = (waitSeconds: number | undefined): Verdict => [
  'unavailable',
  'The upstream is overloaded',
  { retryAfterSeconds: waitSeconds ?? 2 },
];

function judgeStatus({ status, body }: UpstreamRefusal, waitSeconds: number | undefined): Verdict {
  switch (status) {
    case 400:
    case 415:
    case 422:
      return ['invalid_request', callerMessage(body), callerDetails(body)];
    case 413:
      return ['too_large', callerMessage(body), {}];
    case 429:
      return ['rate_limit', RATE_LIMITED, { retryAfterSeconds: waitSeconds }];
    case 408:
    case 504:
    case 524:
      return ['timeout', 'The upstream did not answer in time', {}];
    case 498:
    case 503:
    case 529:
      return overloaded(waitSeconds);
    default:
      return ['upstream', 'The upstream failed', {}];
  }
}

/** Judges an upstream's refusal. Only a fault in the request itself is told in the vendor's own (cleaned) words. */
export function upstreamFailure(refusal: UpstreamRefusal): UpstreamFailure {
  const waitSeconds = retryAfterSeconds(refusal);
  const verdict = judgeWords(refusal, waitSeconds) ?? judgeStatus(refusal, waitSeconds);
  const [kind, message, details] = verdict;
  const internal = { ...refusal.body, status: refusal.status };
  const error = new FaregateError(kind, message, { ...details, internal });
  return failureOf(causeOf(error), error, waitSeconds);
}

/** A failure with its cause, from which it follows who may be asked next. */
export const failureOf = (
  cause: FailureCause,
  error: FaregateError,
  waitSeconds?: number,
): UpstreamFailure => ({
  cause,
  error,
  waitSeconds,
});

/** The cause behind an error of this file, or one that a codec raised. */
export function causeOf({ kind, message }: FaregateError): FailureCause {
  switch (kind) {
    case 'invalid_request':
    case 'too_large':
    case 'unsupported_media_type':
      return 'request';
    case 'rate_limit':
      return 'rate_limit';
    case 'unavailable':
      return 'overloaded';
    case 'timeout':
      return 'timeout';
    default:
      if (message === CREDENTIAL_REFUSED) return 'account';
      return message === NO_MODEL ? 'model' : 'fault';
  }
}

/** A failure inside a stream for the caller: never more of the vendor's words than a refusal by status would show. */
export function streamFailure(failure: StreamFailure): FaregateError {
  const { kind, message, vendorType, code, status } = failure;
  const isOwn = vendorType === undefined && code === undefined && status === undefined && kind === 'upstream';
  const body = { message, type: vendorType, code };
  // A failure of no known kind may still say by its words that the request is at fault.
  const asked = status ?? (kind === 'upstream' ? 500 : STATUS_OF_KIND[kind]);
  const refusal = { status: asked, body, headers: {}, nowMs: 0 };
  const { error } = upstreamFailure(refusal);
  // Without a vendor's type the words are our own decoder's, or a vendor's that says little.
  if (!isOwn || error.message !== 'The upstream failed') return error;
  return new FaregateError('upstream', callerMessage(body), { internal: { message } });
}

/**
 * A failure that a vendor sent with status 200: MiniMax's `base_resp` with another code than 0, or an `error` object
 * in place of an answer. Undefined for an answer.
 */
export function disguisedFailure(answer: JsonObject): Pick<UpstreamRefusal, 'status' | 'body'> | undefined {
  const isAnswer = answer['choices'] !== undefined || answer['content'] !== undefined;
  const failed = failedBaseResponse(answer) ?? (isAnswer ? undefined : findError(answer));
  if (!failed) return undefined;
  const { status = 500, ...body } = failed;
  return { status, body };
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
