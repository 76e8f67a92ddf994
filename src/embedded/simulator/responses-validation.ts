import { asArray, asObject, asString, isObject, type JsonObject } from '../../core/json.js';
import { isOpenaiModel } from './chat-prompt.js';
import { isMessage, itemsOf } from './responses-prompt.js';
import { isSignatureOf } from './signature.js';
import type { VendorError } from './vendor-errors.js';

/** The top-level fields of `/v1/responses`, from the type files of `openai` 7.55. */
const KNOWN_FIELDS = new Set(
  (
    'access_programs background context_management conversation image include input instructions ' +
    'max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt ' +
    'prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store ' +
    'stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user'
  ).split(' '),
);

const RANGES: [field: string, low: number, high: number][] = [
  ['temperature', 0, 2],
  ['top_p', 0, 1],
  ['top_logprobs', 0, 20],
  ['max_output_tokens', 1, Number.MAX_SAFE_INTEGER],
];

/** What each role's messages may hold. */
const PARTS: Record<string, readonly string[]> = {
  assistant: ['output_text', 'refusal'],
  user: ['input_text', 'input_image', 'input_file'],
  system: ['input_text'],
  developer: ['input_text'],
};

const invalid = (message: string, param?: string, code?: string): VendorError => ({
  status: 400,
  message,
  param,
  code,
});

/** What api.openai.com would refuse in this body, or undefined. `strict` adds unknown fields. */
export function responsesError(body: JsonObject, strict: boolean): VendorError | undefined {
  const items = itemsOf(body.input);
  return (
    missingError(body) ??
    (strict ? unknownFieldError(body) : undefined) ??
    rangeError(body) ??
    items.reduce<VendorError | undefined>(
      (found, item, at) => found ?? itemError(item, `input[${at}]`),
      undefined,
    ) ??
    pairingError(items) ??
    toolError(body) ??
    formatError(body)
  );
}

function missingError(body: JsonObject): VendorError | undefined {
  for (const field of ['model', 'input']) {
    const value = body[field];
    if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0))
      return invalid(`Missing required parameter: '${field}'.`, field, 'missing_required_parameter');
  }
  return undefined;
}

function unknownFieldError(body: JsonObject): VendorError | undefined {
  if (!isOpenaiModel(asString(body.model) ?? '')) return undefined;
  const unknown = Object.keys(body).find((field) => !KNOWN_FIELDS.has(field));
  return unknown === undefined
    ? undefined
    : invalid(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter');
}

function rangeError(body: JsonObject): VendorError | undefined {
  for (const [field, low, high] of RANGES) {
    const value = body[field];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number')
      return invalid(`Invalid type for '${field}': expected a number.`, field, 'invalid_type');
    if (value < low || value > high)
      return invalid(`Invalid '${field}': expected a value from ${low} to ${high}.`, field, 'out_of_range');
  }
  return undefined;
}

function itemError(item: JsonObject, at: string): VendorError | undefined {
  if (item.type === 'reasoning') return reasoningError(item, at);
  if (!isMessage(item)) return undefined;
  const allowed = PARTS[asString(item.role) ?? ''];
  if (!allowed)
    return invalid(`Invalid value: '${asString(item.role) ?? ''}'.`, `${at}.role`, 'invalid_value');
  const wrong = asArray(item.content).findIndex(
    (part) => !allowed.includes(asString(asObject(part)?.type) ?? ''),
  );
  if (wrong < 0) return undefined;
  const type = String(asObject(asArray(item.content)[wrong])?.type);
  const supported = allowed.map((name) => `'${name}'`).join(', ');
  const message = `Invalid value: '${type}'. Supported values are: ${supported}.`;
  return invalid(message, `${at}.content[${wrong}]`, 'invalid_value');
}

/** Reasoning is checked together with the id of its item; without its content it would have to be stored. */
function reasoningError(item: JsonObject, at: string): VendorError | undefined {
  const id = asString(item.id) ?? '';
  const content = asString(item.encrypted_content);
  if (content === undefined) {
    const message = `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false.`;
    return { status: 404, message, param: 'input' };
  }
  if (isSignatureOf(id, content)) return undefined;
  const message = `The encrypted content for item ${id} could not be verified.`;
  return invalid(message, `${at}.encrypted_content`, 'invalid_encrypted_content');
}

/** Every call has its output and every output its call. */
function pairingError(items: JsonObject[]): VendorError | undefined {
  const ids = (...types: string[]): string[] =>
    items.filter((item) => types.includes(asString(item.type) ?? '')).map((item) => String(item.call_id));
  const calls = ids('function_call', 'custom_tool_call');
  const outputs = ids('function_call_output', 'custom_tool_call_output');
  const orphan = outputs.find((id) => !calls.includes(id));
  if (orphan !== undefined)
    return invalid(`No tool call found for function call output with call_id ${orphan}.`, 'input');
  const open = calls.find((id) => !outputs.includes(id));
  return open === undefined ? undefined : invalid(`No tool output found for function call ${open}.`, 'input');
}

function toolError(body: JsonObject): VendorError | undefined {
  const tools = asArray(body.tools).filter(isObject);
  const bare = tools.findIndex((tool) => tool.type === 'function' && asString(tool.name) === undefined);
  if (bare >= 0) {
    const field = `tools[${bare}].name`;
    return invalid(`Missing required parameter: '${field}'.`, field, 'missing_required_parameter');
  }
  const choice = asObject(body.tool_choice);
  const isNamed = choice?.type === 'function' || choice?.type === 'custom';
  if (!isNamed || tools.some((tool) => tool.name === choice?.name)) return undefined;
  return invalid(`Tool choice '${String(choice?.name)}' not found in 'tools' parameter.`, 'tool_choice');
}

function formatError(body: JsonObject): VendorError | undefined {
  const format = asObject(asObject(body.text)?.format);
  if (format?.type === 'json_schema' && asString(format.name) === undefined)
    return invalid("Missing required parameter: 'text.format.name'.", 'text.format.name');
  if (format?.type !== 'json_object') return undefined;
  const said = `${asString(body.instructions) ?? ''} ${JSON.stringify(body.input)}`;
  if (/json/i.test(said)) return undefined;
  const rule = "must contain the word 'json' in some form to use 'text.format' of type 'json_object'.";
  return invalid(`Response input messages ${rule}`, 'input');
}
