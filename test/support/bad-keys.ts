import type { TestGateway } from './gateway.js';

/** How a key stops to be one. */
export type Revocation = 'revoked' | 'expired' | 'secret expired' | 'project archived';

/** Makes a key unusable, before its first use. */
export async function revokedBy(
  gateway: TestGateway,
  key: { keyId: string; how: Revocation },
): Promise<void> {
  const statements: Record<Revocation, string> = {
    revoked: "update api_key set status = 'revoked', revoked_at = billing_now() where id = $1",
    expired: "update api_key set expires_at = billing_now() - interval '1 second' where id = $1",
    'secret expired':
      "update api_key_secret set expires_at = billing_now() - interval '1 second' where api_key_id = $1",
    'project archived': `with archived as (
        insert into project (id, organization_id, name, status)
        select gen_random_uuid(), organization_id, 'old', 'archived' from api_key where id = $1 returning id)
      update api_key set project_id = (select id from archived) where id = $1`,
  };
  await gateway.pool.query(statements[key.how], [key.keyId]);
}
