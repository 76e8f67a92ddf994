import { MAX_STOPS } from './generation-config.js';
import type { Protocol } from '../protocol.js';
import { decodeError, encodeError, encodeStreamError } from './error.js';
import { arrayFraming, lastElement, sseFraming } from './framing.js';
import { passthrough, passthroughIn } from './passthrough.js';
import { portable } from './portable.js';
import { decodeRequest } from './request-decode.js';
import { encodeRequest } from './request-encode.js';
import { decodeResponse, encodeResponse } from './response.js';
import { ISSUER } from './signature.js';
import { GeminiDecoder } from './stream-decode.js';
import { GeminiEncoder } from './stream-encode.js';

/**
 * Google's Gemini API, version v1beta (`POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`).
 * The output limit and most parameters lie inside `generationConfig`, so no top-level field stands for them.
 */
export const googleGemini: Protocol = {
  name: 'google-gemini',
  upstreamPath: ({ model, streamed }) =>
    `/models/${encodeURIComponent(model)}:${streamed ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  forwardedHeaders: [],
  fixedHeaders: {},
  inputField: 'contents',
  fieldNames: {
    'input.thinking': 'thought',
    'input.reasoning': 'thought',
    'input.tool_calls': 'functionCall',
    'input.function_call': 'functionCall',
  },
  requiresMaxTokens: false,
  canStopAt: (sequences) => sequences.length <= MAX_STOPS,
  givesSeveralAnswers: true,
  issuer: ISSUER,
  parameterFields: {},
  maxTokensFields: [],
  decodeRequest,
  portable,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new GeminiDecoder(),
  streamEncoder: (identity) => new GeminiEncoder(identity, sseFraming()),
  passthrough,
  encodeError,
  encodeStreamError,
  decodeError,
};

/** The same for a client that asks for a stream without `?alt=sse`: the answers come as one JSON array. */
export const googleGeminiArray: Protocol = {
  ...googleGemini,
  streamContentType: 'application/json',
  // White space between elements is all that JSON lets in.
  keepAlive: '\r\n',
  streamEncoder: (identity) => new GeminiEncoder(identity, arrayFraming()),
  passthrough: passthroughIn(arrayFraming),
  encodeStreamError: (error, requestId) => lastElement(JSON.stringify(encodeError(error, requestId).body)),
};
