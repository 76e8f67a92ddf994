import { asArray, asObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ResponseIdentity } from '../protocol.js';

/** What changes while a response is made. */
export interface ResponseState {
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  output: JsonObject[];
  usage: JsonObject | null;
  error?: JsonObject | undefined;
  incomplete_details?: { reason: string } | null | undefined;
}

/** The caller's own value; `null` and absence mean the default. */
const given = (source: JsonObject, name: string, otherwise: JsonValue): JsonValue =>
  source[name] ?? otherwise;

/**
 * The response object around an answer. It repeats the caller's parameters, with the vendor's defaults where the
 * caller gave none (mapping row 74). Nothing is kept, so `store` is false whatever was asked.
 */
export function envelope(identity: ResponseIdentity, state: ResponseState): JsonObject {
  const source = identity.source ?? {};
  const reasoning = asObject(source['reasoning']) ?? {};
  const text = asObject(source['text']) ?? {};
  return {
    id: identity.id,
    object: 'response',
    created_at: identity.createdAt,
    status: state.status,
    background: false,
    error: state.error ?? null,
    incomplete_details: state.incomplete_details ?? null,
    instructions: given(source, 'instructions', null),
    max_output_tokens: given(source, 'max_output_tokens', null),
    max_tool_calls: given(source, 'max_tool_calls', null),
    model: identity.model,
    output: state.output,
    parallel_tool_calls: given(source, 'parallel_tool_calls', true),
    previous_response_id: null,
    prompt_cache_key: given(source, 'prompt_cache_key', null),
    reasoning: { effort: reasoning['effort'] ?? null, summary: reasoning['summary'] ?? null },
    safety_identifier: given(source, 'safety_identifier', null),
    service_tier: given(source, 'service_tier', 'default'),
    store: false,
    temperature: given(source, 'temperature', 1),
    text: { format: text['format'] ?? { type: 'text' }, verbosity: text['verbosity'] ?? 'medium' },
    tool_choice: given(source, 'tool_choice', 'auto'),
    tools: asArray(source['tools']),
    top_logprobs: given(source, 'top_logprobs', 0),
    top_p: given(source, 'top_p', 1),
    truncation: given(source, 'truncation', 'disabled'),
    usage: state.usage,
    user: given(source, 'user', null),
    metadata: given(source, 'metadata', {}),
  };
}
