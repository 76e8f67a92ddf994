import { decodeError, encodeError } from '../openai-chat/error.js';
import { portable } from '../openai-chat/portable.js';
import type { Protocol } from '../protocol.js';
import { encodeStreamError } from './error.js';
import { passthrough } from './passthrough.js';
import { decodeRequest } from './request-decode.js';
import { encodeRequest } from './request-encode.js';
import { decodeResponse, encodeResponse } from './response.js';
import { search } from './search.js';
import { ISSUER } from './signature.js';
import { ResponsesDecoder } from './stream-decode.js';
import { ResponsesEncoder } from './stream-encode.js';

/** OpenAI Responses (`POST /v1/responses`), stateless: nothing is stored on either side. */
export const openaiResponses: Protocol = {
  name: 'openai-responses',
  upstreamPath: () => '/responses',
  forwardedHeaders: ['openai-beta'],
  fixedHeaders: {},
  inputField: 'input',
  fieldNames: {
    'input.thinking': 'reasoning',
    'input.tool_calls': 'function_call',
    'input.image_url': 'input_image',
  },
  requiresMaxTokens: false,
  givesSeveralAnswers: false,
  issuer: ISSUER,
  parameterFields: {
    temperature: ['temperature'],
    topP: ['top_p'],
    topLogprobs: ['top_logprobs'],
    tools: ['tools'],
    toolChoice: ['tool_choice'],
    parallelToolCalls: ['parallel_tool_calls'],
    reasoning: ['reasoning'],
    user: ['user', 'safety_identifier'],
    metadata: ['metadata'],
  },
  maxTokensFields: ['max_output_tokens'],
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder: (_quirks, issuer) => new ResponsesDecoder(issuer),
  streamEncoder: (identity) => new ResponsesEncoder(identity),
  portable,
  passthrough,
  search,
  encodeError,
  encodeStreamError,
  decodeError,
};
