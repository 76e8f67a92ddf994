import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { deploymentKey, HealthStore } from '../../../src/routing/health.store.js';
import { chatBody, post, untilSettled } from '../../support/calls.js';
import { CHAT_MODEL, serveModel, startGateway, type TestGateway } from '../../support/gateway.js';

const MODEL = 'test/half-deaf';
const BARRED = 'test/barred';
const AUDIO = chatBody(MODEL, {
  messages: [
    { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] },
  ],
});

let gateway: TestGateway;
/** UUID of the deployment that takes audio; the one behind it takes none. */
let able: string;
/** UUID of the first choice that its settings forbid to be asked; the one behind it serves. */
let barredFirst: string;

beforeAll(async () => {
  gateway = await startGateway();
  const { pool, simulator } = gateway;
  const served = { id: MODEL, upstreamModel: 'm', baseUrl: `${simulator.baseUrl}/v1` };
  able = (await serveModel(pool, { ...served, protocol: 'openai-chat' })).deploymentId;
  const other = await serveModel(pool, { ...served, protocol: 'anthropic-messages' });
  await pool.query('update deployment set priority = priority - 1 where id = $1', [other.deploymentId]);
  const barred = { ...served, id: BARRED, protocol: 'openai-chat' as const };
  const first = await serveModel(pool, { ...barred, prices: { input: 900_000_000n, output: 900_000_000n } });
  barredFirst = first.deploymentId;
  const second = await serveModel(pool, barred);
  await pool.query('update deployment set priority = priority - 1 where id = $1', [second.deploymentId]);
  await pool.query('update provider set allow_private_network = false where id = $1', [first.providerId]);
  await pool.query('update catalog_version set version = version + 1');
  await gateway.api.app.get(CatalogService).refresh();
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.simulator.reset();
  health().clear();
});

const health = () => gateway.api.app.get(HealthStore)['states'];
const failures = (times: number) =>
  gateway.simulator.use({ times, answer: { kind: 'error', status: 500, message: 'Broken.' } });
async function ask(body: object = AUDIO): Promise<number> {
  const response = await post(gateway, '/v1/chat/completions', body);
  await response.text();
  return response.status;
}

describe('a call that only one of two deployments can take', () => {
  it('is asked there again, nobody else being left, and served when that goes well', async () => {
    failures(2);
    expect(await ask()).toBe(200);
    expect(gateway.simulator.journal).toHaveLength(3);
  });

  it('is told how that one failed, and costs nobody else a retry', async () => {
    failures(12);
    for (let count = 0; count < 4; count++) {
      health().clear();
      expect(await ask()).toBe(502);
    }
    expect(gateway.simulator.journal).toHaveLength(12);
    health().clear();
    failures(1);
    expect(await ask(chatBody(CHAT_MODEL))).toBe(200);
  });

  it('is told to come back while that one is ejected, and served again after it', async () => {
    failures(6);
    for (let count = 0; count < 2; count++) expect(await ask()).toBe(502);
    expect(health().has(deploymentKey(able))).toBe(true);
    expect(await ask()).toBe(503);
    expect(gateway.simulator.journal).toHaveLength(6);
    expect(await ask(chatBody(MODEL))).toBe(200);
    health().clear();
    expect(await ask()).toBe(200);
  });
});

describe('a first choice that cannot be sent', () => {
  const attempts = async () =>
    (
      await gateway.pool.query<{ outcome: string; error_type: string | null; cost: string }>(
        `select outcome, error_type, cost_nano::text as cost from attempt
         where request_id = (select max(id::text)::uuid from request) order by seq`,
      )
    ).rows;

  it('gives way as failed, and the answer names the price of whoever served, which is charged', async () => {
    const response = await post(gateway, '/v1/chat/completions', chatBody(BARRED));
    const { usage } = (await response.json()) as { usage: { cost: number } };
    await untilSettled(gateway);
    expect(response.status).toBe(200);
    const [refused, served] = await attempts();
    expect(refused).toEqual({ outcome: 'failed', error_type: 'upstream', cost: '0' });
    expect(served).toMatchObject({ outcome: 'served', error_type: null });
    const { rows } = await gateway.pool.query<{ amount: string }>(
      'select amount_nano::text as amount from usage_event order by id desc limit 1',
    );
    expect(BigInt(Math.round(usage.cost * 1e9))).toBe(BigInt(rows[0]?.amount ?? 0));
  });

  it('keeps nobody from asking another again that failed once', async () => {
    const order = 'update deployment set priority = $2 where id = $1';
    await gateway.pool.query(order, [barredFirst, -9]);
    await gateway.pool.query('update catalog_version set version = version + 1');
    await gateway.api.app.get(CatalogService).refresh();
    failures(1);
    expect(await ask(chatBody(BARRED))).toBe(200);
    await untilSettled(gateway);
    expect((await attempts()).map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'served']);
    await gateway.pool.query(order, [barredFirst, 0]);
    await gateway.pool.query('update catalog_version set version = version + 1');
    await gateway.api.app.get(CatalogService).refresh();
  });

  it('is rested after five times, and not tried any more', async () => {
    for (let count = 0; count < 5; count++) expect(await ask(chatBody(BARRED))).toBe(200);
    expect(health().get(deploymentKey(barredFirst))).toMatchObject({ failures: 5, ejections: 1 });
    expect(await ask(chatBody(BARRED))).toBe(200);
    await untilSettled(gateway);
    expect(await attempts()).toMatchObject([{ outcome: 'served' }]);
  });
});
