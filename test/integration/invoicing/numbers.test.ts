import { FinalizationService } from '../../../src/billing/invoicing/finalization.service.js';
import { CreditNotesService } from '../../../src/billing/invoicing/credit-notes/credit-notes.service.js';
import { remainingParts } from '../../../src/billing/invoicing/credit-notes/credit-note.js';
import { Database, isDatabaseAway } from '../../../src/platform/database/database.service.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { runCall } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { closeNow, createCustomer, createInvoicing, type InvoicingWorld } from '../../support/invoicing.js';

const ACTOR = systemActor('test');

/** As a caller does who is told that the service is busy: again, at once. */
async function untilServed<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
    }
  }
}

describe('numbers of documents', () => {
  let world: InvoicingWorld;
  let model: TestModel;

  beforeAll(async () => {
    world = await createInvoicing({ DATABASE_POOL: '20' });
    model = await createModel(world.pool);
  });
  afterAll(() => world.drop());

  const draft = async (): Promise<string> => {
    const tenant = await createCustomer(world.pool);
    await runCall(world.pool, tenant, { model, quantities: { input: 1_000_000 } });
    return closeNow(world, tenant);
  };

  it('200 parallel finalisations, every third rolled back, leave no hole and no number twice', async () => {
    const finalization = world.get(FinalizationService);
    const database = world.get(Database);
    const drafts: string[] = [];
    for (let count = 0; count < 200; count++) drafts.push(await draft());
    const outcomes = await Promise.all(
      drafts.map(async (id, index) => {
        if (index % 3 !== 0) return untilServed(() => finalization.finalize(id, ACTOR));
        const failing = () =>
          database.transaction(async (client) => {
            await finalization.finalizeIn(client, id, ACTOR);
            throw new Error('forced');
          });
        await expect(untilServed(failing)).rejects.toThrow('forced');
        return null;
      }),
    );
    const kept = outcomes.filter((invoice) => invoice !== null).length;
    const { rows } = await world.pool.query<{ number: string; at: Date }>(
      `select number, finalized_at as at from invoice where number is not null order by number`,
    );
    expect(rows.map(({ number }) => Number(number))).toEqual(
      Array.from({ length: kept }, (_, index) => index + 1),
    );
    const times = rows.map(({ at }) => at.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(await world.violations()).toEqual([]);
  }, 60_000);

  it('credit notes count in a series of their own', async () => {
    const invoice = await world.get(FinalizationService).finalize(await draft(), ACTOR);
    const note = await world.get(CreditNotesService).issue(
      {
        invoiceId: invoice.id,
        parts: remainingParts,
        reason: 'goodwill',
        memo: 'sorry',
        idempotencyKey: 'numbers-1',
      },
      ACTOR,
    );
    expect(note).toMatchObject({ numberText: 'CN-000001', totalMinor: 300n, appliedMinor: 300n });
    const { rows } = await world.pool.query('select status from invoice where id = $1', [invoice.id]);
    expect(rows).toEqual([{ status: 'paid' }]);
    expect(await world.violations()).toEqual([]);
  });
});
