import type { Protocol } from '../protocol.js';
import { namedEvent } from '../sse.js';
import { decodeError, encodeError, encodeStreamError } from './error.js';
import { passthrough } from './passthrough.js';
import { portable } from './portable.js';
import { decodeRequest } from './request-decode.js';
import { encodeRequest } from './request-encode.js';
import { decodeResponse, encodeResponse } from './response.js';
import { search } from './search.js';
import { ISSUER } from './signature.js';
import { streamDecoder } from './stream-decode.js';
import { streamEncoder } from './stream-encode.js';

/** Anthropic Messages (`POST /v1/messages`), version 2023-06-01. */
export const anthropicMessages: Protocol = {
  name: 'anthropic-messages',
  upstreamPath: () => '/messages',
  forwardedHeaders: ['anthropic-version', 'anthropic-beta'],
  fixedHeaders: { 'anthropic-version': '2023-06-01' },
  inputField: 'messages',
  fieldNames: {
    user: 'metadata.user_id',
    'input.reasoning': 'thinking',
    'input.tool_calls': 'tool_use',
    'input.function_call': 'tool_use',
  },
  requiresMaxTokens: true,
  // White space alone is refused.
  canStopAt: (sequences) => sequences.every((text) => text.trim() !== ''),
  givesSeveralAnswers: false,
  issuer: ISSUER,
  parameterFields: {
    temperature: ['temperature'],
    topP: ['top_p'],
    topK: ['top_k'],
    stop: ['stop_sequences'],
    tools: ['tools'],
    toolChoice: ['tool_choice'],
    responseFormat: ['output_config', 'output_format'],
    reasoning: ['thinking'],
    user: ['metadata'],
    metadata: ['metadata'],
  },
  maxTokensFields: ['max_tokens'],
  decodeRequest,
  portable,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder,
  streamEncoder,
  passthrough,
  search,
  encodeError,
  keepAlive: namedEvent('ping', '{"type":"ping"}'),
  encodeStreamError,
  decodeError,
};
