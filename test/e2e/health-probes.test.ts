import { ProbeCostsRepository } from '../../src/billing/probes/probe-costs.repository.js';
import { ProbeCostsService } from '../../src/billing/probes/probe-costs.service.js';
import { CatalogService } from '../../src/catalog/catalog.service.js';
import type { JsonObject } from '../../src/core/json.js';
import type { Standing } from '../../src/routing/deployment-health.js';
import { standingAt } from '../../src/routing/deployment-health.js';
import { credentialKey, deploymentKey, HealthStore } from '../../src/routing/health.store.js';
import { BillingServices } from '../support/billing.js';
import { chatBody, post, until, untilSettled } from '../support/calls.js';
import { serveModel, startGateway, type TestGateway } from '../support/gateway.js';
import { brokenRules, giveCredit, readCount } from '../support/money.js';

const MODEL = 'test/probed';

let gateway: TestGateway;
let first: { providerId: string; deploymentId: string };

beforeAll(async () => {
  gateway = await startGateway({ balanceNano: 0n, env: { HEALTH_PROBES: 'active' } });
  await giveCredit(gateway, 1_000_000_000_000n);
  const { pool, simulator } = gateway;
  const serve = (upstreamModel: string) =>
    serveModel(pool, {
      id: MODEL,
      protocol: 'openai-chat',
      upstreamModel,
      baseUrl: `${simulator.baseUrl}/v1`,
    });
  first = await serve('first');
  await serve('second');
  await pool.query(`update deployment set priority = 5 where upstream_model = 'first'`);
  await gateway.api.app.get(CatalogService).refresh();
});
afterAll(async () => {
  await gateway.close();
  delete process.env['HEALTH_PROBES'];
});
beforeEach(() => {
  gateway.simulator.reset();
  states().clear();
});

const states = () => gateway.api.app.get(HealthStore)['states'];
const standing = (key: string): Standing => standingAt(states().get(key), Date.now());
/** As if the time of the ejection had gone by. */
const endEjection = (key: string): void => {
  const state = states().get(key);
  if (state) states().set(key, { ...state, ejectedUntilMs: Date.now(), restUntilMs: 0 });
};
const rest = (key: string): void => {
  const state = states().get(key);
  if (state) states().set(key, { ...state, restUntilMs: 0 });
};
async function ask(): Promise<string> {
  const response = await post(gateway, '/v1/chat/completions', chatBody(MODEL));
  expect(response.status).toBe(200);
  return ((await response.json()) as { provider?: string }).provider ?? '';
}
/** What the first upstream was asked, by customers and by the house. */
const askedFirst = () => {
  const bodies = gateway.simulator.journal.map(({ body }) => body as JsonObject);
  const mine = bodies.filter(({ model }) => model === 'first');
  const probes = mine.filter((body) => JSON.stringify(body).includes('Say yes.')).length;
  return { customers: mine.length - probes, probes };
};
const probesKept = () => readCount(gateway.pool, 'select count(*) from upstream_probe');

describe('where probes decide', () => {
  it.each([
    ['a deployment', () => deploymentKey(first.deploymentId), 500],
    ['a credential', () => credentialKey(first.providerId), 401],
  ] as const)(
    '%s that is ejected meets no customer until a test call was answered',
    async (_, keyOf, status) => {
      const key = keyOf();
      gateway.simulator.use({ match: { model: 'first' }, answer: { kind: 'error', status } });
      for (let call = 0; call < 5; call++) {
        await ask();
        rest(key);
      }
      expect(standing(key)).toBe('open');
      const customers = askedFirst().customers;
      endEjection(key);
      await until(
        () => Promise.resolve(states().get(key)?.ejections),
        (ejections) => ejections === 2,
      );
      expect(standing(key)).toBe('open');
      await ask();
      expect(askedFirst()).toEqual({ customers, probes: 1 });

      gateway.simulator.reset();
      endEjection(key);
      await until(
        () => Promise.resolve(standing(key)),
        (now) => now === 'closed',
      );
      expect(askedFirst()).toEqual({ customers: 0, probes: 1 });
      await ask();
      expect(askedFirst()).toEqual({ customers: 1, probes: 1 });
    },
  );

  it('an upstream that answers with a rate limit is there: its ejection ends, and it rests', async () => {
    const key = deploymentKey(first.deploymentId);
    states().set(key, { failures: 5, ejections: 1, ejectedUntilMs: 1, probing: false, restUntilMs: 0 });
    gateway.simulator.use({ match: { model: 'first' }, answer: { kind: 'error', status: 429 } });
    await until(
      () => Promise.resolve(standing(key)),
      (now) => now === 'closed',
    );
    expect(askedFirst()).toEqual({ customers: 0, probes: 1 });
  });

  it('their cost is the house’s, booked once, and no customer’s', async () => {
    await untilSettled(gateway);
    const calls = await readCount(gateway.pool, 'select count(*) from request');
    const kept = await probesKept();
    expect(kept).toBe(5);
    const key = deploymentKey(first.deploymentId);
    states().set(key, { failures: 5, ejections: 1, ejectedUntilMs: 1, probing: false, restUntilMs: 0 });
    await until(probesKept, (count) => count === kept + 1);
    expect(await readCount(gateway.pool, 'select count(*) from request')).toBe(calls);
    const cost = await readCount(gateway.pool, 'select sum(cost_nano) from upstream_probe where passed');
    expect(cost).toBeGreaterThan(0);
    const services = new BillingServices(gateway.database.url);
    const book = () =>
      new ProbeCostsService(services.database, new ProbeCostsRepository(), services.journal).book();
    try {
      expect(await brokenRules(gateway)).toEqual([]);
      const booked = await Promise.all([book(), book()]);
      expect(booked[0] + booked[1]).toBe(3);
      expect(await book()).toBe(0);
    } finally {
      await services.close();
    }
    expect(
      await readCount(
        gateway.pool,
        `select sum(e.amount_nano) from ledger_entry e join ledger_account a on a.id = e.account_id
         where a.kind = 'house_expense' and a.wallet_id is null`,
      ),
    ).toBe(cost);
    expect(await brokenRules(gateway)).toEqual([]);
  });

  it('one that is answered with an end that says `error` prolongs the ejection', async () => {
    const key = deploymentKey(first.deploymentId);
    const message = { role: 'assistant', content: 'y' };
    const body = { id: 'c1', choices: [{ index: 0, message, finish_reason: 'error' }] };
    gateway.simulator.use({ match: { model: 'first' }, answer: { kind: 'json', body } });
    states().set(key, { failures: 5, ejections: 1, ejectedUntilMs: 1, probing: false, restUntilMs: 0 });
    await until(
      () => Promise.resolve(states().get(key)?.ejections),
      (ejections) => ejections === 2,
    );
    expect(standing(key)).toBe('open');
  });
});
