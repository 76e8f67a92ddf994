import { FaregateError } from '../../core/errors.js';
import { decodeError, encodeError, encodeStreamError } from '../openai-chat/error.js';
import type { Protocol } from '../protocol.js';
import { decodeRequest } from './request.js';
import { decodeResponse, requestChanges, response } from './response.js';

/** Nothing is ever translated into or out of vectors, and nothing of them is streamed. */
const untranslatable = (): never => {
  throw new FaregateError('invalid_request', 'Only models that make embeddings can be asked for them', {
    param: 'model',
  });
};

/**
 * OpenAI Embeddings (`POST /v1/embeddings`): carried to providers of OpenAI's family as it came. It is no chat and has
 * one speaker on each side, so it goes the walk of a completion whose answer is in one piece and has no output tokens.
 */
export const openaiEmbeddings: Protocol = {
  name: 'openai-embeddings',
  upstreamPath: () => '/embeddings',
  forwardedHeaders: ['openai-beta'],
  fixedHeaders: {},
  inputField: 'input',
  requiresMaxTokens: false,
  givesSeveralAnswers: false,
  issuer: 'openai',
  parameterFields: { user: ['user'] },
  maxTokensFields: [],
  decodeRequest,
  encodeRequest: untranslatable,
  decodeResponse,
  encodeResponse: untranslatable,
  streamDecoder: untranslatable,
  streamEncoder: untranslatable,
  passthrough: { requestChanges, response, stream: untranslatable },
  encodeError,
  encodeStreamError,
  decodeError,
};
