import { asArray, asObject, asString, isObject, type JsonObject } from '../../core/json.js';
import { blocksOf } from './messages-prompt.js';
import { messagesTurnError } from './messages-turns.js';
import type { VendorError } from './vendor-errors.js';

/** Top-level fields of `/v1/messages`, betas included, from the type files of `@anthropic-ai/sdk` 1.11. */
const KNOWN_FIELDS = new Set(
  (
    'max_tokens messages model billing_policy cache_control compaction container context_management diagnostics ' +
    'fallback_credit_token fallbacks inference_geo mcp_servers metadata output_config output_format service_tier ' +
    'speed stop_sequences stream system temperature thinking thread tool_choice tools top_k top_p user_profile_id'
  ).split(' '),
);

const CHOICE_TYPES = ['auto', 'any', 'tool', 'none'];
const THINKING_TYPES = ['enabled', 'disabled', 'adaptive', 'between_tools'];
const MIN_THINKING_BUDGET = 1_024;
const MAX_CACHE_BREAKPOINTS = 4;

const invalid = (message: string): VendorError => ({ status: 400, message });

/** What api.anthropic.com would refuse in this body, or undefined. `strict` adds unknown fields. */
export function messagesError(body: JsonObject, strict: boolean): VendorError | undefined {
  return (
    missingError(body) ??
    (strict ? unknownFieldError(body) : undefined) ??
    samplingError(body) ??
    thinkingError(body) ??
    toolChoiceError(body) ??
    breakpointError(body) ??
    messagesTurnError(body)
  );
}

function missingError(body: JsonObject): VendorError | undefined {
  for (const field of ['model', 'max_tokens', 'messages']) {
    if (body[field] === undefined) return invalid(`${field}: Field required`);
  }
  if (typeof body.max_tokens !== 'number' || !Number.isInteger(body.max_tokens)) {
    return invalid('max_tokens: Input should be a valid integer');
  }
  if (body.max_tokens < 1) return invalid('max_tokens: must be greater than or equal to 1');
  if (!Array.isArray(body.messages)) return invalid('messages: Input should be a valid array');
  return body.messages.length === 0 ? invalid('messages: at least one message is required') : undefined;
}

function unknownFieldError(body: JsonObject): VendorError | undefined {
  const unknown = Object.keys(body).find((field) => !KNOWN_FIELDS.has(field));
  return unknown === undefined ? undefined : invalid(`${unknown}: Extra inputs are not permitted`);
}

function samplingError(body: JsonObject): VendorError | undefined {
  for (const field of ['temperature', 'top_p']) {
    const value = body[field];
    if (typeof value === 'number' && (value < 0 || value > 1)) return invalid(`${field}: range: 0..1`);
  }
  const blank = asArray(body.stop_sequences).some((stop) => typeof stop === 'string' && stop.trim() === '');
  return blank ? invalid('stop_sequences: each stop sequence must contain non-whitespace') : undefined;
}

function thinkingError(body: JsonObject): VendorError | undefined {
  const thinking = asObject(body.thinking);
  if (thinking === undefined || thinking.type === 'disabled') return undefined;
  if (!THINKING_TYPES.includes(asString(thinking.type) ?? '')) {
    return invalid(
      `thinking: Input tag '${String(thinking.type)}' found using 'type' does not match any of the expected tags`,
    );
  }
  if (thinking.type !== 'enabled') return undefined;
  const budget = thinking.budget_tokens;
  if (typeof budget !== 'number') return invalid('thinking.enabled.budget_tokens: Field required');
  if (budget < MIN_THINKING_BUDGET) {
    return invalid(
      `thinking.enabled.budget_tokens: Input should be greater than or equal to ${MIN_THINKING_BUDGET}`,
    );
  }
  if (typeof body.max_tokens === 'number' && budget >= body.max_tokens) {
    return invalid('`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if (typeof body.temperature === 'number' && body.temperature !== 1) {
    return invalid('`temperature` may only be set to 1 when thinking is enabled.');
  }
  const forces = ['any', 'tool'].includes(asString(asObject(body.tool_choice)?.type) ?? '');
  return forces ? invalid('Thinking may not be enabled when tool_choice forces tool use.') : undefined;
}

function toolChoiceError(body: JsonObject): VendorError | undefined {
  const choice = asObject(body.tool_choice);
  if (body.tool_choice === undefined || body.tool_choice === null) return undefined;
  const type = asString(choice?.type) ?? '';
  if (!CHOICE_TYPES.includes(type)) {
    const expected = CHOICE_TYPES.map((tag) => `'${tag}'`).join(', ');
    const found = `Input tag '${type}' found using 'type'`;
    return invalid(`tool_choice: ${found} does not match any of the expected tags: ${expected}`);
  }
  if (asArray(body.tools).length === 0) {
    return invalid('tool_choice: tool_choice may only be specified while providing tools');
  }
  const isDeclared = asArray(body.tools).some((tool) => asObject(tool)?.name === choice?.name);
  return type !== 'tool' || isDeclared
    ? undefined
    : invalid(`Tool '${String(choice?.name)}' not found in provided tools`);
}

function breakpointError(body: JsonObject): VendorError | undefined {
  const blocks = [
    ...asArray(body.tools).filter(isObject),
    ...blocksOf(body.system),
    ...asArray(body.messages).flatMap((message) => blocksOf(asObject(message)?.content)),
  ];
  const count = [body, ...blocks].filter((block) => asObject(block.cache_control) !== undefined).length;
  if (count <= MAX_CACHE_BREAKPOINTS) return undefined;
  return invalid(
    `A maximum of ${MAX_CACHE_BREAKPOINTS} blocks with cache_control may be provided. Found ${count}.`,
  );
}
