import { publicId } from '../../core/ids.js';
import type { DeploymentRecord } from './deployments.repository.js';

/** A deployment as the admin API shows it. */
export type DeploymentView = ReturnType<typeof deploymentView>;

export const deploymentView = (record: DeploymentRecord) => ({
  id: publicId('deployment', record.id),
  object: 'deployment' as const,
  model: record.modelId,
  provider: record.providerSlug,
  upstream_model: record.upstreamModel,
  priority: record.priority,
  weight: record.weight,
  quantization: record.quantization,
  context_window: record.contextWindow,
  max_output_tokens: record.maxOutputTokens,
  region: record.region,
  status: record.status,
  auto_disabled: record.outage && {
    reason: record.outage.reason,
    at: new Date(record.outage.disabled_at).toISOString(),
    tested_at: record.outage.tested_at && new Date(record.outage.tested_at).toISOString(),
    test_error: record.outage.test_error,
  },
  created_at: record.createdAt.toISOString(),
  updated_at: record.updatedAt.toISOString(),
});
