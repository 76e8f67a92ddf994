import { rateLimitsView } from '../../core/rate-limits.js';
import type { ModelRecord } from './models.repository.js';

/** A model as the admin API shows it. */
export type ModelView = ReturnType<typeof modelView>;

export const modelView = (record: ModelRecord) => ({
  id: record.id,
  object: 'model' as const,
  name: record.name,
  aliases: record.aliases,
  context_window: record.contextWindow,
  max_output_tokens: record.maxOutputTokens,
  default_max_tokens: record.defaultMaxTokens,
  capabilities: record.capabilities,
  fallback_model: record.fallbackModel,
  rate_limits: rateLimitsView(record.rateLimits),
  status: record.status,
  source: record.source,
  created_at: record.createdAt.toISOString(),
  updated_at: record.updatedAt.toISOString(),
});
