import { MAX_STOPS } from './request-decode.js';
import type { Protocol } from '../protocol.js';
import { decodeError, encodeError, encodeStreamError } from './error.js';
import { passthrough } from './passthrough.js';
import { portable } from './portable.js';
import { decodeRequest } from './request-decode.js';
import { encodeRequest } from './request-encode.js';
import { decodeResponse, encodeResponse } from './response.js';
import { search } from './search.js';
import { ChatStreamDecoder } from './stream-decode.js';
import { ChatStreamEncoder } from './stream-encode.js';

/** OpenAI Chat Completions, with the extensions of Octen and the tolerance its many speakers need. */
export const openaiChat: Protocol = {
  name: 'openai-chat',
  upstreamPath: () => '/chat/completions',
  forwardedHeaders: ['openai-beta'],
  fixedHeaders: {},
  inputField: 'messages',
  fieldNames: { 'input.thinking': 'reasoning', 'input.function_call': 'tool_calls' },
  requiresMaxTokens: false,
  canStopAt: (sequences) => sequences.length <= MAX_STOPS,
  givesSeveralAnswers: true,
  issuer: 'openai',
  parameterFields: {
    temperature: ['temperature'],
    topP: ['top_p'],
    topK: ['top_k'],
    minP: ['min_p'],
    topA: ['top_a'],
    frequencyPenalty: ['frequency_penalty'],
    presencePenalty: ['presence_penalty'],
    repetitionPenalty: ['repetition_penalty'],
    seed: ['seed'],
    stop: ['stop'],
    logitBias: ['logit_bias'],
    logprobs: ['logprobs'],
    topLogprobs: ['top_logprobs'],
    choiceCount: ['n'],
    tools: ['tools', 'functions'],
    toolChoice: ['tool_choice', 'function_call'],
    parallelToolCalls: ['parallel_tool_calls'],
    responseFormat: ['response_format'],
    reasoning: ['reasoning', 'reasoning_effort'],
    verbosity: ['verbosity'],
    user: ['user'],
    metadata: ['metadata'],
  },
  maxTokensFields: ['max_tokens', 'max_completion_tokens'],
  decodeRequest,
  portable,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder: (quirks) => new ChatStreamDecoder(quirks),
  streamEncoder: (identity) => new ChatStreamEncoder(identity),
  passthrough,
  search,
  encodeError,
  encodeStreamError,
  decodeError,
};
