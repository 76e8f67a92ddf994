import type { JsonObject } from '../../core/json.js';

/** 2026-01-01, for every model. */
const CREATED_SECONDS = 1_767_225_600;

const OPENAI_MODELS = ['gpt-5.5', 'gpt-5.4', 'gpt-4.1-mini', 'deepseek-v4-flash', 'kimi-k2.6'];
const ANTHROPIC_MODELS = ['claude-opus-4-8', 'claude-sonnet-4-6', 'claude-haiku-4-5'];

const openaiModel = (id: string): JsonObject => ({
  id,
  object: 'model',
  created: CREATED_SECONDS,
  owned_by: 'simulator',
});

const anthropicModel = (id: string): JsonObject => ({
  type: 'model',
  id,
  display_name: id,
  created_at: '2026-01-01T00:00:00Z',
});

/**
 * `GET /v1/models` or `GET /v1/models/{id}` in either vendor's shape. The simulator answers to any model name;
 * these are only the ones it offers. Undefined for an id that is not among them.
 */
export function modelsBody(isAnthropic: boolean, id: string | undefined): JsonObject | undefined {
  const ids = isAnthropic ? ANTHROPIC_MODELS : OPENAI_MODELS;
  const shape = isAnthropic ? anthropicModel : openaiModel;
  if (id !== undefined) return ids.includes(id) ? shape(id) : undefined;
  const data = ids.map(shape);
  if (!isAnthropic) return { object: 'list', data };
  return { data, has_more: false, first_id: ids[0], last_id: ids.at(-1) };
}
