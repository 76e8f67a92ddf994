import { publicId } from '../../core/ids.js';
import type { ProviderRecord } from './providers.repository.js';

/** A provider as the API shows it. */
export type ProviderView = ReturnType<typeof providerView>;

/** The credential is not among the fields: nothing that could hold it may leave. */
export const providerView = (record: ProviderRecord) => ({
  id: publicId('provider', record.id),
  object: 'provider' as const,
  slug: record.slug,
  name: record.name,
  adapter: record.adapter,
  protocol: record.protocol,
  base_url: record.baseUrl,
  credential_set: record.credentialSet,
  region: record.region,
  eu_native: record.euNative,
  zero_data_retention: record.zeroDataRetention,
  allow_private_network: record.allowPrivateNetwork,
  simulated: record.simulated,
  headers: record.headers,
  status: record.status,
  created_at: record.createdAt.toISOString(),
  updated_at: record.updatedAt.toISOString(),
});
