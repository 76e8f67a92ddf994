import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.js';
import { isOpenaiModel, isOpenaiReasoningModel } from './chat-prompt.js';
import type { VendorError } from './vendor-errors.js';

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];
const TOOL_CHOICES = ['none', 'auto', 'required'];

/** The top-level fields of api.openai.com, from the type files of `openai` 7.55. */
const KNOWN_FIELDS = new Set(
  (
    'messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens ' +
    'max_tokens metadata modalities moderation n parallel_tool_calls prediction presence_penalty ' +
    'prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format ' +
    'safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools ' +
    'top_logprobs top_p user verbosity web_search_options'
  ).split(' '),
);

const RANGES: [field: string, low: number, high: number][] = [
  ['temperature', 0, 2],
  ['top_p', 0, 1],
  ['frequency_penalty', -2, 2],
  ['presence_penalty', -2, 2],
  ['top_logprobs', 0, 20],
  ['n', 1, 128],
  ['max_tokens', 1, Number.MAX_SAFE_INTEGER],
  ['max_completion_tokens', 1, Number.MAX_SAFE_INTEGER],
];

const invalid = (message: string, param?: string, code?: string): VendorError => ({
  status: 400,
  message,
  param,
  code,
});

/** What api.openai.com would refuse in this body, or undefined. `strict` adds the rules of OpenAI's own models. */
export function chatError(body: JsonObject, strict: boolean): VendorError | undefined {
  return (
    missingError(body) ??
    (strict ? modelFamilyError(body) : undefined) ??
    rangeError(body) ??
    messagesError(asArray(body.messages)) ??
    pairingError(asArray(body.messages).map((message) => asObject(message) ?? {})) ??
    toolChoiceError(body)
  );
}

function missingError(body: JsonObject): VendorError | undefined {
  if (typeof body.model !== 'string' || body.model === '')
    return invalid('you must provide a model parameter');
  if (!Array.isArray(body.messages)) {
    return invalid("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter');
  }
  if (body.messages.length > 0) return undefined;
  const expected = 'Expected an array with minimum length 1, but got an empty array instead.';
  return invalid(`Invalid 'messages': empty array. ${expected}`, 'messages', 'empty_array');
}

function modelFamilyError(body: JsonObject): VendorError | undefined {
  const model = asString(body.model) ?? '';
  const unknown = isOpenaiModel(model)
    ? Object.keys(body).find((field) => !KNOWN_FIELDS.has(field))
    : undefined;
  if (unknown !== undefined) return invalid(`Unrecognized request argument supplied: ${unknown}`);
  if (!isOpenaiReasoningModel(model) || body.max_tokens === undefined) return undefined;
  const advice = "Use 'max_completion_tokens' instead.";
  const message = `Unsupported parameter: 'max_tokens' is not supported with this model. ${advice}`;
  return invalid(message, 'max_tokens', 'unsupported_parameter');
}

function rangeError(body: JsonObject): VendorError | undefined {
  for (const [field, low, high] of RANGES) {
    const value = body[field];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number') {
      return invalid(`Invalid type for '${field}': expected a number.`, field, 'invalid_type');
    }
    if (value > high) {
      const message = `Invalid '${field}': decimal above maximum value. Expected a value <= ${high}, but got ${value} instead.`;
      return invalid(message, field, 'decimal_above_max_value');
    }
    if (value < low) {
      const message = `Invalid '${field}': decimal below minimum value. Expected a value >= ${low}, but got ${value} instead.`;
      return invalid(message, field, 'decimal_below_min_value');
    }
  }
  if (typeof body.top_logprobs === 'number' && body.logprobs !== true) {
    return invalid(
      "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
      'top_logprobs',
    );
  }
  const stops = asArray(body.stop).length;
  if (stops <= 4) return undefined;
  const expected = `Expected an array with maximum length 4, but got an array with length ${stops} instead.`;
  return invalid(`Invalid 'stop': array too long. ${expected}`, 'stop', 'array_above_max_length');
}

function messagesError(messages: JsonValue[]): VendorError | undefined {
  for (const [index, value] of messages.entries()) {
    const message = asObject(value);
    const at = `messages[${index}]`;
    if (message === undefined) {
      return invalid(`Invalid type for '${at}': expected an object.`, at, 'invalid_type');
    }
    if (!ROLES.includes(asString(message.role) ?? '')) {
      const supported = `'system', 'assistant', 'user', 'function', 'tool', and 'developer'`;
      const text = `Invalid value: '${asString(message.role) ?? ''}'. Supported values are: ${supported}.`;
      return invalid(text, `${at}.role`, 'invalid_value');
    }
    const mayBeEmpty = message.role === 'assistant';
    if (!mayBeEmpty && typeof message.content !== 'string' && !Array.isArray(message.content)) {
      return invalid(`Invalid value for 'content': expected a string, got null.`, `${at}.content`);
    }
  }
  return undefined;
}

/** Every call of an assistant turn is answered right after it, and nothing else is answered. */
function pairingError(messages: JsonObject[]): VendorError | undefined {
  let open = new Set<string>();
  const left = (): VendorError => {
    const rule =
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.";
    const ids = [...open].join(', ');
    return invalid(`${rule} The following tool_call_ids did not have response messages: ${ids}`, 'messages');
  };
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (open.delete(asString(message.tool_call_id) ?? '')) continue;
      const rule = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
      return invalid(`Invalid parameter: ${rule}`, `messages.[${index}].role`);
    }
    if (open.size > 0) return left();
    if (message.role !== 'assistant') continue;
    open = new Set(asArray(message.tool_calls).map((call) => asString(asObject(call)?.id) ?? ''));
  }
  return open.size > 0 ? left() : undefined;
}

function toolChoiceError(body: JsonObject): VendorError | undefined {
  const choice = body.tool_choice;
  if (choice === undefined || choice === null) return undefined;
  if (asArray(body.tools).length === 0) {
    if (choice === 'none' || choice === 'auto') return undefined;
    const rule = "'tool_choice' is only allowed when 'tools' are specified.";
    return invalid(`Invalid value for 'tool_choice': ${rule}`, 'tool_choice');
  }
  if (typeof choice === 'string') {
    if (TOOL_CHOICES.includes(choice)) return undefined;
    const text = `Invalid value: '${choice}'. Supported values are: 'none', 'auto', and 'required'.`;
    return invalid(text, 'tool_choice', 'invalid_value');
  }
  if (asObject(choice)?.type === 'allowed_tools') return undefined;
  const name = asString(asObject(asObject(choice)?.function)?.name);
  const declared = asArray(body.tools).map((tool) => asObject(asObject(tool)?.function)?.name);
  if (name !== undefined && declared.includes(name)) return undefined;
  return invalid(`Tool choice '${name ?? ''}' not found in 'tools' parameter.`, 'tool_choice');
}
