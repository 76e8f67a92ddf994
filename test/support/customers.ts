import type { CompatibilityProfile } from '../../src/core/compatibility.js';
import { createTenant, type Tenant, type TenantOptions } from './builders/tenant.builder.js';
import { createSecret, setBalance, type TestGateway } from './gateway.js';

/** One more customer of a running gateway, with a key that calls can be made with. */
export interface Customer extends Pick<TestGateway, 'url' | 'pool' | 'simulator'> {
  tenant: Tenant;
  secret: string;
}

export interface CustomerOptions extends TenantOptions {
  profile?: CompatibilityProfile;
  /** Default 1,000 dollars. */
  balanceNano?: bigint;
}

/** A customer with a profile and a balance of its own. */
export async function addCustomer(gateway: TestGateway, options: CustomerOptions = {}): Promise<Customer> {
  const { pool, url, simulator } = gateway;
  const tenant = await createTenant(pool, options);
  await setBalance(pool, tenant, options.balanceNano ?? 1_000_000_000_000n);
  await pool.query('update organization set compatibility = $2 where id = $1', [
    tenant.organizationId,
    options.profile ?? 'standard',
  ]);
  return { url, pool, simulator, tenant, secret: await createSecret(pool, tenant.keyId) };
}
