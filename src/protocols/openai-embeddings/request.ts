import { invalidRequest } from '../../core/errors.js';
import { asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { CompletionRequest, Message } from '../completion.js';
import { routingOf } from '../routing-fields.js';

/** Texts in one request at most, as OpenAI has it (platform.openai.com embeddings, `input`). */
const MAX_INPUTS = 2_048;

/**
 * Reads an Embeddings request: what is checked is what decides about price and shape, the rest goes through. Each input
 * becomes a message of its own, for the model reads each by itself. There is no output to bound or to pay for.
 * Throws invalid_request naming the field.
 */
export function decodeRequest(body: JsonObject): CompletionRequest {
  const model = body['model'];
  if (typeof model !== 'string' || model === '') throw invalidRequest('model is required', 'model');
  checkFormat(body);
  const user = body['user'] ?? undefined;
  if (user !== undefined && typeof user !== 'string') throw invalidRequest('user must be a string', 'user');
  return {
    model,
    messages: readInputs(body['input']),
    stream: false,
    maxOutputTokens: 0,
    readsEachAlone: true,
    ...(user === undefined ? {} : { user }),
    routing: routingOf(body),
    warnings: [],
  };
}

function checkFormat(body: JsonObject): void {
  const format = body['encoding_format'] ?? undefined;
  if (format !== undefined && format !== 'float' && format !== 'base64') {
    throw invalidRequest('encoding_format must be float or base64', 'encoding_format');
  }
  const dimensions = body['dimensions'] ?? undefined;
  if (dimensions !== undefined && !(Number.isSafeInteger(dimensions) && (dimensions as number) >= 1)) {
    throw invalidRequest('dimensions must be an integer of at least 1', 'dimensions');
  }
}

/** One text, several texts, one list of token ids, or several such lists. */
function readInputs(input: JsonValue | undefined): Message[] {
  if (input === undefined || input === null) throw invalidRequest('input is required', 'input');
  if (typeof input === 'string') return [readText(input, 'input')];
  if (!Array.isArray(input) || input.length === 0) {
    throw invalidRequest('input must be a string or a non-empty array', 'input');
  }
  if (input.every(isToken)) return [tokens(input.length)];
  if (input.length > MAX_INPUTS) {
    throw invalidRequest(`input must have at most ${MAX_INPUTS} entries`, 'input');
  }
  return input.map((entry, index) => readEntry(entry, `input.${index}`));
}

function readEntry(entry: JsonValue, path: string): Message {
  if (typeof entry === 'string') return readText(entry, path);
  if (Array.isArray(entry) && entry.length > 0 && entry.every(isToken)) return tokens(entry.length);
  throw invalidRequest(`${path} must be a non-empty string or an array of token ids`, path);
}

function readText(text: string, path: string): Message {
  if (text === '') throw invalidRequest(`${path} must not be empty`, path);
  return { role: 'user', content: [{ type: 'text', text }] };
}

/** Token ids say nothing to anybody but the model; only how many there are matters here. */
const tokens = (count: number): Message => ({
  role: 'user',
  content: [{ type: 'text', text: `${count} tokens` }],
});

const isToken = (value: JsonValue): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** Whether a body is an answer of this protocol. */
export const isAnswer = (body: unknown): body is JsonObject =>
  isObject(body) && Array.isArray(body['data']) && asString(body['object']) !== 'error';
