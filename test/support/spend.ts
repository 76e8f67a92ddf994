import pg from 'pg';
import { BillingServices } from './billing.js';
import { placeHolds, releaseOf, runCall, settleCalls } from './builders/call.builder.js';
import { createModel, type TestModel } from './builders/catalog.builder.js';
import { createKey, createProject, type Tenant } from './builders/tenant.builder.js';

interface Spender {
  pool: pg.Pool;
  tenant: Tenant;
  model: TestModel;
}

/** Runs `work` with a key of the organization and a model of 3,000 nano an input token. */
async function asCustomer<Result>(
  databaseUrl: string,
  organizationId: string,
  work: (spender: Spender) => Promise<Result>,
): Promise<Result> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  try {
    const { rows } = await pool.query<{ id: string; currency: string }>(
      `select w.id, w.currency from wallet w join organization o on o.id = w.organization_id and o.currency = w.currency
       where o.id = $1`,
      [organizationId],
    );
    const [wallet] = rows;
    if (!wallet) throw new Error('no wallet');
    const owner = { organizationId, walletId: wallet.id, currency: wallet.currency, paymentMethodId: '' };
    const projectId = await createProject(pool, organizationId, `project ${process.hrtime.bigint()}`);
    const keyId = await createKey(pool, { ...owner, projectId });
    return await work({ pool, tenant: { ...owner, projectId, keyId }, model: await createModel(pool) });
  } finally {
    await pool.end();
  }
}

/** Spends from an organization's wallet as a call does, and posts it. */
export async function spend(databaseUrl: string, organizationId: string, amountNano: bigint): Promise<void> {
  await asCustomer(databaseUrl, organizationId, async ({ pool, tenant, model }) => {
    await runCall(pool, tenant, { model, quantities: { input: Number(amountNano / 3_000n) } });
  });
  const billing = new BillingServices(databaseUrl);
  try {
    await billing.rollup.drain();
  } finally {
    await billing.close();
  }
}

/** What a key of the organization would hear now: "placed", "wallet_blocked", "payment_method_required" … */
export const admissionOf = (
  databaseUrl: string,
  organizationId: string,
  amountNano = 3_000n,
): Promise<string> =>
  asCustomer(databaseUrl, organizationId, async ({ pool, tenant, model }) => {
    const [placed] = await placeHolds(pool, [{ keyId: tenant.keyId, model, amountNano }]);
    if (placed?.outcome === 'placed') await settleCalls(pool, [releaseOf(placed.hold, model)]);
    return placed?.outcome ?? '';
  });
