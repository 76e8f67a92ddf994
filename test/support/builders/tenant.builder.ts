import type { Pool } from 'pg';
import { uuidv7 } from '../../../src/core/ids.js';

/** A customer with everything a call needs. */
export interface Tenant {
  organizationId: string;
  walletId: string;
  projectId: string;
  keyId: string;
  paymentMethodId: string;
  currency: string;
}

export interface TenantOptions {
  name?: string;
  currency?: string;
  overdraftNano?: bigint;
  timezone?: string;
  /** Default 'active'; null: the customer has no payment method. */
  paymentMethod?: string | null;
}

/** An organization with billing account, wallet (balance 0), project, payment method and key. */
export async function createTenant(pool: Pool, options: TenantOptions = {}): Promise<Tenant> {
  const { name = 'Acme', currency = 'USD', overdraftNano = 0n, timezone = 'UTC' } = options;
  const { paymentMethod = 'active' } = options;
  const [organizationId, walletId, paymentMethodId] = [uuidv7(), uuidv7(), uuidv7()];
  await pool.query('insert into organization (id, name, currency, timezone) values ($1, $2, $3, $4)', [
    organizationId,
    name,
    currency,
    timezone,
  ]);
  await pool.query('insert into billing_account (id, organization_id, currency) values ($1, $2, $3)', [
    uuidv7(),
    organizationId,
    currency,
  ]);
  await pool.query(
    'insert into wallet (id, organization_id, currency, overdraft_nano) values ($1, $2, $3, $4)',
    [walletId, organizationId, currency, overdraftNano],
  );
  if (paymentMethod !== null) {
    await pool.query(
      `insert into payment_method (id, organization_id, provider, provider_reference, status)
       values ($1, $2, 'sandbox', $3, $4)`,
      [paymentMethodId, organizationId, `pm_${paymentMethodId}`, paymentMethod],
    );
    await pool.query('update organization set default_payment_method_id = $2 where id = $1', [
      organizationId,
      paymentMethodId,
    ]);
  }
  const tenant = { organizationId, walletId, paymentMethodId, currency };
  const projectId = await createProject(pool, organizationId);
  const keyId = await createKey(pool, { ...tenant, projectId });
  return { ...tenant, projectId, keyId };
}

/** A project; returns its id. */
export async function createProject(pool: Pool, organizationId: string, name = 'main'): Promise<string> {
  const id = uuidv7();
  await pool.query('insert into project (id, organization_id, name) values ($1, $2, $3)', [
    id,
    organizationId,
    name,
  ]);
  return id;
}

/** An API key without a secret; returns its id. */
export async function createKey(
  pool: Pool,
  owner: Pick<Tenant, 'organizationId' | 'projectId' | 'walletId'>,
  name = 'key',
): Promise<string> {
  const id = uuidv7();
  await pool.query(
    'insert into api_key (id, organization_id, project_id, wallet_id, name) values ($1, $2, $3, $4, $5)',
    [id, owner.organizationId, owner.projectId, owner.walletId, name],
  );
  return id;
}

/** A spending cap of a key, project or organization. */
export async function createBudget(
  pool: Pool,
  budget: {
    scope: 'key' | 'project' | 'organization';
    scopeId: string;
    organizationId: string;
    amountNano: bigint;
    window?: string;
  },
): Promise<void> {
  await pool.query(
    'insert into budget (scope_id, scope, organization_id, amount_nano, time_window) values ($1, $2, $3, $4, $5)',
    [budget.scopeId, budget.scope, budget.organizationId, budget.amountNano, budget.window ?? 'lifetime'],
  );
}
