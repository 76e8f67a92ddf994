import { publicId } from '../../core/ids.js';
import { formatMultiplier } from './group.js';
import type { GroupRecord } from './groups.repository.js';

/** A group as the API shows it. */
export type GroupView = ReturnType<typeof groupView>;

export const groupView = (record: GroupRecord) => ({
  id: publicId('group', record.id),
  object: 'group' as const,
  name: record.name,
  description: record.description,
  price_multiplier: formatMultiplier(record.multiplierPpm),
  deployments: record.deploymentIds?.map((id) => publicId('deployment', id)) ?? null,
  created_at: record.createdAt.toISOString(),
  updated_at: record.updatedAt.toISOString(),
});
