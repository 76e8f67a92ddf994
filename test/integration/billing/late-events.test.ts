import { createBilling } from '../../support/billing.js';
import { runCall } from '../../support/builders/call.builder.js';
import { createModel } from '../../support/builders/catalog.builder.js';
import { createTenant } from '../../support/builders/tenant.builder.js';

it('an event that arrives while the queue is worked on, older than what is done already, is posted in the same go', async () => {
  const billing = await createBilling({ ROLLUP_BATCH: '2' });
  try {
    const tenant = await createTenant(billing.pool, { overdraftNano: 10n ** 15n });
    const model = await createModel(billing.pool);
    for (let count = 0; count < 7; count++)
      await runCall(billing.pool, tenant, { model, quantities: { input: 5 } });
    const { rows } = await billing.pool.query<{ id: string }>(
      'delete from usage_pending where event_id = (select event_id from usage_pending order by event_id limit 1) returning event_id as id',
    );
    let batches = 0;
    const posted = await billing.rollup.drain(async () => {
      batches += 1;
      if (batches === 2)
        await billing.pool.query('insert into usage_pending (event_id) values ($1)', [rows[0]?.id]);
      return false;
    });
    expect([posted, batches]).toEqual([7, 4]);
    expect((await billing.pool.query('select count(*)::int as n from usage_pending')).rows).toEqual([
      { n: 0 },
    ]);
    const results = await billing.audit.run();
    expect(results.filter((check) => check.violations > 0)).toEqual([]);
  } finally {
    await billing.drop();
  }
}, 30_000);
