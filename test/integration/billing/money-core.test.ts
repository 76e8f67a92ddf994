import fc from 'fast-check';
import { uuidv7 } from '../../../src/core/ids.js';
import { HoldsRepository } from '../../../src/billing/holds/holds.repository.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { BillingServices, createBilling } from '../../support/billing.js';
import { placeHolds, releaseOf, settleCalls, settlementOf } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createBudget, createKey, createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import {
  end,
  expire,
  place,
  post,
  type ModelHold,
  type ModelKey,
  type ModelWallet,
} from '../../support/money-model.js';

type Billing = Awaited<ReturnType<typeof createBilling>>;
type Kind = 'paid' | 'promo' | 'goodwill';
interface Known extends ModelHold {
  id: string;
}

/** One input token costs this much. */
const TOKEN_NANO = 3_000n;
const pickOf = fc.nat(30);
const amount = fc.nat(300).map((tokens) => BigInt(tokens) * TOKEN_NANO);
const kindOf = fc.constantFrom<Kind>('paid', 'promo', 'goodwill');
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant('place' as const), pick: pickOf, amount, dead: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant('settle' as const), pick: pickOf, tokens: fc.nat(400) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('release' as const), pick: pickOf }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('credit' as const), pick: pickOf, amount, kind: kindOf }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('rollup' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('sweep' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('expire' as const), pick: pickOf }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

/** A small world, in the database and in the model, and how each operation is done to both. */
class World {
  readonly holds: Known[] = [];
  private readonly lots: { id: string; wallet: ModelWallet; lot: ModelWallet['lots'][number] }[] = [];

  private constructor(
    private readonly billing: Billing,
    private readonly model: TestModel,
    readonly wallets: { tenant: Tenant; wallet: ModelWallet }[],
    readonly keys: { id: string; key: ModelKey; tenant: Tenant }[],
  ) {}

  static async create(billing: Billing, model: TestModel): Promise<World> {
    const world = new World(billing, model, [], []);
    for (const overdraft of [0n, 200n * TOKEN_NANO]) {
      const tenant = await createTenant(billing.pool, { overdraftNano: overdraft });
      const wallet: ModelWallet = { balance: 0n, held: 0n, overdraft, lots: [], pending: 0n };
      world.wallets.push({ tenant, wallet });
      world.keys.push({ id: tenant.keyId, tenant, key: { wallet } });
      const capped = await createKey(billing.pool, tenant, 'capped');
      const cap = 250n * TOKEN_NANO;
      const { organizationId } = tenant;
      await createBudget(billing.pool, { scope: 'key', scopeId: capped, organizationId, amountNano: cap });
      world.keys.push({ id: capped, tenant, key: { wallet, budget: { cap, held: 0n, spent: 0n } } });
    }
    for (const pick of [0, 2])
      await world.run({ op: 'credit', pick, amount: 300n * TOKEN_NANO, kind: 'paid' });
    return world;
  }

  async run(step: Operation): Promise<void> {
    switch (step.op) {
      case 'place':
        return this.place(step.pick, step.amount, step.dead);
      case 'settle':
        return this.end(step.pick, step.tokens);
      case 'release':
        return this.end(step.pick, undefined);
      case 'credit':
        return this.credit(step.pick, step.amount, step.kind);
      case 'rollup':
        return this.rollup();
      case 'sweep':
        return this.sweep();
      case 'expire':
        return this.expire(step.pick);
    }
  }

  private async place(pick: number, amountNano: bigint, dead: boolean): Promise<void> {
    const { id: keyId, key } = this.keys[pick % this.keys.length]!;
    const request = { keyId, model: this.model, amountNano };
    const [answer] = await placeHolds(this.billing.pool, [request], { ttl: dead ? '-1 second' : '1 hour' });
    expect(answer?.outcome).toBe(place(key, amountNano));
    if (answer?.outcome === 'placed')
      this.holds.push({ id: answer.hold, key, amount: amountNano, open: true, dead });
  }

  private async end(pick: number, tokens: number | undefined): Promise<void> {
    const hold = this.holds[pick % Math.max(1, this.holds.length)];
    if (!hold) return;
    const call =
      tokens === undefined
        ? releaseOf(hold.id, this.model)
        : settlementOf(hold.id, this.model, { input: tokens });
    const charged = end(hold, tokens === undefined ? undefined : BigInt(tokens) * TOKEN_NANO);
    const [answer] = await settleCalls(this.billing.pool, [call]);
    const outcome = charged === null ? 'already_closed' : tokens === undefined ? 'released' : 'settled';
    expect(answer).toMatchObject({ outcome, charged: charged ?? 0n });
  }

  private async credit(pick: number, amountNano: bigint, kind: Kind): Promise<void> {
    const { tenant, key } = this.keys[pick % this.keys.length]!;
    if (amountNano === 0n) return;
    const grant = await this.billing.credits.grant(
      {
        organizationId: tenant.organizationId,
        kind,
        amountNano,
        currency: 'USD',
        reason: 'test',
        idempotencyKey: uuidv7(),
        createdBy: 'test',
      },
      systemActor('test'),
    );
    const lot = { kind, remaining: amountNano, expired: false, order: this.lots.length };
    key.wallet.balance += amountNano;
    key.wallet.lots.push(lot);
    this.lots.push({ id: grant.id, wallet: key.wallet, lot });
  }

  private async rollup(): Promise<void> {
    await this.billing.rollup.drain();
    for (const { wallet } of this.wallets) post(wallet);
  }

  private async sweep(): Promise<void> {
    await new HoldsRepository(this.billing.database).sweep(100);
    for (const hold of this.holds) if (hold.dead && hold.open) end(hold, undefined);
  }

  /** Lets a promo lot expire that nothing was taken from, so that its place in the order does not matter. */
  private async expire(pick: number): Promise<void> {
    await this.rollup();
    const promos = this.lots.filter(({ lot }) => lot.kind === 'promo' && !lot.expired && lot.remaining > 0n);
    const chosen = promos[pick % Math.max(1, promos.length)];
    if (chosen) {
      chosen.lot.expired = true;
      // An expiry moves the lot to the front of its kind.
      chosen.lot.order -= 1_000;
      const client = await this.billing.pool.connect();
      await client.query('begin; set local session_replication_role = replica');
      const at = `now() - interval '1 day' + $2 * interval '1 second'`;
      await client.query(`update credit_grant set expires_at = ${at} where id = $1`, [
        chosen.id,
        chosen.lot.order,
      ]);
      await client.query('commit');
      client.release();
    }
    await this.billing.expiry.run();
    for (const { wallet } of this.wallets) {
      wallet.lots.sort((a, b) => a.order - b.order);
      expire(wallet);
    }
  }

  /** What the database says, in the words of the model. */
  async check(): Promise<void> {
    for (const { tenant, wallet } of this.wallets) {
      const { rows } = await this.billing.pool.query<{
        balance_nano: string;
        held_nano: string;
        lots: string;
      }>(
        `select balance_nano, held_nano, (select coalesce(sum(remaining_nano), 0) from grant_balance where wallet_id = w.id) as lots
         from wallet w where id = $1`,
        [tenant.walletId],
      );
      expect([rows[0]?.balance_nano, rows[0]?.held_nano]).toEqual([`${wallet.balance}`, `${wallet.held}`]);
      const lots = wallet.lots.reduce((sum, lot) => sum + lot.remaining, 0n);
      expect(rows[0]?.lots).toBe(`${lots}`);
    }
    for (const { id, key } of this.keys) {
      if (!key.budget) continue;
      const { rows } = await this.billing.pool.query<{ held_nano: string; spent_nano: string }>(
        'select held_nano, spent_nano from budget_usage where scope_id = $1',
        [id],
      );
      const { held, spent } = key.budget;
      expect(rows[0] ?? { held_nano: '0', spent_nano: '0' }).toEqual({
        held_nano: `${held}`,
        spent_nano: `${spent}`,
      });
    }
  }
}

describe('the money core', () => {
  let billing: Billing;
  let model: TestModel;

  beforeAll(async () => {
    billing = await createBilling({ ROLLUP_BATCH: '3' });
    model = await createModel(billing.pool);
  });
  afterAll(() => billing.drop());

  const violations = async () => (await billing.audit.run()).filter((check) => check.violations > 0);

  it('does what a small model says, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 50 }), async (steps) => {
        const world = await World.create(billing, model);
        for (const step of steps) {
          await world.run(step);
          await world.check();
        }
        await world.run({ op: 'rollup' });
        await world.check();
      }),
      { numRuns: 25 },
    );
    expect(await violations()).toEqual([]);
  }, 120_000);

  it('neither deadlocks nor miscounts when everything happens at the same time', async () => {
    const [one, other] = [await createTenant(billing.pool), await createTenant(billing.pool)];
    const worker = new BillingServices(billing.test.url, { ROLLUP_BATCH: '5' });
    const order = { currency: 'USD', reason: 'test', createdBy: 'test' };
    const give = async (tenant: Tenant, kind: Kind, expiresAt?: Date) => {
      const grant = {
        ...order,
        organizationId: tenant.organizationId,
        kind,
        expiresAt,
        idempotencyKey: uuidv7(),
      };
      await billing.credits.grant({ ...grant, amountNano: 400n * TOKEN_NANO }, systemActor('test'));
    };
    const keys = [
      one.keyId,
      other.keyId,
      await createKey(billing.pool, one),
      await createKey(billing.pool, other),
    ];
    for (const { organizationId } of [one, other]) {
      await createBudget(billing.pool, {
        scope: 'organization',
        scopeId: organizationId,
        organizationId,
        amountNano: 10n ** 12n,
        window: 'daily',
      });
    }
    await Promise.all([give(one, 'paid'), give(other, 'promo')]);
    const callers = Array.from({ length: 6 }, async (_, caller) => {
      for (let round = 0; round < 15; round++) {
        const mixed = [0, 1, 2, 3].map((index) => keys[(caller + round + index) % 4]!);
        const requests = mixed.map((keyId) => ({ keyId, model, amountNano: 20n * TOKEN_NANO }));
        const placed = await placeHolds(billing.pool, requests, {
          ttl: round % 3 === 0 ? '-1 second' : '1 hour',
        });
        const open = placed.filter(({ outcome }) => outcome === 'placed').reverse();
        const calls = open.map(({ hold }, index) =>
          index === 0
            ? releaseOf(hold, model)
            : settlementOf(hold, model, { input: 10 + caller * index * 4 }),
        );
        if (calls.length > 0) await settleCalls(billing.pool, calls);
      }
    });
    const workers = [billing, worker].map(async (services) => {
      const soon = new Date(Date.now() + 400);
      for (let round = 0; round < 12; round++) {
        await services.rollup.drain();
        await new HoldsRepository(services.database).sweep(5);
        await give(one, 'promo', soon);
        await give(other, 'paid');
        await services.expiry.run();
      }
    });
    await Promise.all([...callers, ...workers]);
    await worker.close();
    await billing.rollup.drain();
    expect(await violations()).toEqual([]);
  }, 60_000);
});
