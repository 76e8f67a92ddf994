import { publicId } from '../../../core/ids.js';
import type { CredentialRecord } from './credentials.repository.js';

/** A credential as the API shows it. */
export type CredentialView = ReturnType<typeof credentialView>;

/** The secret is not among the fields: nothing that could hold it may leave. */
export const credentialView = (record: CredentialRecord) => ({
  id: publicId('providerCredential', record.id),
  object: 'provider_credential' as const,
  provider: record.providerSlug,
  name: record.name,
  weight: record.weight,
  status: record.status,
  created_at: record.createdAt.toISOString(),
  updated_at: record.updatedAt.toISOString(),
});
