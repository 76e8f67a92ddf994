import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { publicId } from '../../../src/core/ids.js';
import type { JsonObject } from '../../../src/core/json.js';
import { HealthStore } from '../../../src/routing/health.store.js';
import { adminDoor, createAdminSecret, type AdminDoor } from '../../support/admin-door.js';
import { chatBody, post, untilSettled } from '../../support/calls.js';
import { serveModel, startGateway, type TestGateway } from '../../support/gateway.js';
import { brokenRules, giveCredit } from '../../support/money.js';

const MODEL = 'test/shared';
const OTHER = 'test/other';
const SECRETS = { one: 'sim-canary-aaaa-1111', two: 'sim-canary-bbbb-2222', three: 'sim-canary-cccc-3333' };
const PATH = '/providers/keyring/credentials';

let gateway: TestGateway;
let admin: AdminDoor;
const ids: Record<string, string> = {};

beforeAll(async () => {
  gateway = await startGateway({ balanceNano: 0n });
  await giveCredit(gateway, 1_000_000_000_000n);
  const { pool, url, simulator } = gateway;
  const baseUrl = `${simulator.baseUrl}/v1`;
  const { providerId } = await serveModel(pool, {
    id: MODEL,
    protocol: 'openai-chat',
    upstreamModel: 'shared',
    baseUrl,
  });
  const other = await serveModel(pool, {
    id: OTHER,
    protocol: 'openai-chat',
    upstreamModel: 'other',
    baseUrl,
  });
  await pool.query('update deployment set provider_id = $1 where id = $2', [providerId, other.deploymentId]);
  await pool.query('update sku set provider_id = null where model_id = $1 and kind = $2', [OTHER, 'list']);
  await pool.query(`update provider set slug = 'keyring' where id = $1`, [providerId]);
  await pool.query('delete from provider_credential where provider_id = $1', [providerId]);
  await gateway.api.app.get(CatalogService).refresh();
  admin = adminDoor(url, await createAdminSecret(gateway));
  for (const [name, credential] of Object.entries(SECRETS)) {
    const created = await admin('POST', PATH, { name, credential });
    expect(created).toMatchObject({ status: 201, json: { name, weight: 1, status: 'active' } });
    ids[name] = created.json['id'] as string;
  }
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.simulator.reset();
  states().clear();
});

/** What the gateway knows of the health of deployments and credentials. */
const states = () => gateway.api.app.get(HealthStore)['states'];
async function ask(model = MODEL): Promise<number> {
  const response = await post(gateway, '/v1/chat/completions', chatBody(model));
  await response.text();
  return response.status;
}
/** Names of the credentials that the upstream saw, in order. */
const used = (): string[] =>
  gateway.simulator.journal.map(({ headers }) => {
    const last4 = headers['authorization']?.slice(-4);
    return Object.entries(SECRETS).find(([, secret]) => secret.endsWith(last4 ?? '?'))?.[0] ?? 'none';
  });
/** The upstream refuses one credential. */
const refuse = (name: keyof typeof SECRETS, status: number, model?: string): void =>
  gateway.simulator.use({
    match: ({ headers, body }) =>
      headers['authorization']?.endsWith(SECRETS[name].slice(-4)) === true &&
      (model === undefined || (body as JsonObject)['model'] === model),
    answer: { kind: 'error', status },
  });
const healthOf = async (model = MODEL): Promise<JsonObject[]> => {
  const { json } = await admin('GET', '/deployment-health');
  const found = (json['data'] as JsonObject[]).find((one) => one['model'] === model);
  return found?.['credentials'] as JsonObject[];
};
const times = async (count: number, call: () => Promise<unknown>): Promise<void> => {
  for (let done = 0; done < count; done++) await call();
};

describe('the credentials of a provider', () => {
  it('go in through a door of their own, and their secrets come out of none', async () => {
    const listed = await admin('GET', PATH);
    expect((listed.json['data'] as JsonObject[]).map(({ name }) => name)).toEqual(['three', 'two', 'one']);
    const one = await admin('GET', `${PATH}/${ids['one']}`);
    const [log, providers] = [await admin('GET', '/audit-log?limit=100'), await admin('GET', '/providers')];
    for (const { text } of [listed, one, log, providers, await admin('GET', '/deployment-health')])
      expect(text).not.toContain('canary');
    expect(log.text).toContain('provider_credential.create');
    const { rows } = await gateway.pool.query(`select ciphertext::text as sealed from provider_credential`);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from('canary').toString('hex'));
  });

  it('refuse a name that is taken, a text that cannot be a header, an id of another provider', async () => {
    expect(await admin('POST', PATH, { name: 'one', credential: 'x' })).toMatchObject({
      status: 409,
      json: { error: { param: 'name' } },
    });
    expect(await admin('POST', PATH, { name: 'bad', credential: 'a b' })).toMatchObject({
      status: 400,
      json: { error: { param: 'credential' } },
    });
    expect((await admin('PATCH', `${PATH}/${ids['one']}`, { credential: 'x' })).status).toBe(400);
    expect((await admin('GET', `/providers/nobody/credentials`)).status).toBe(404);
    const strange = publicId('providerCredential', '00000000-0000-7000-8000-000000000000');
    expect((await admin('DELETE', `${PATH}/${strange}`)).status).toBe(404);
  });

  it('take turns, and each attempt names the one it was made with', async () => {
    await times(6, ask);
    expect(used().sort()).toEqual(['one', 'one', 'three', 'three', 'two', 'two']);
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query<{ id: string }>(
      `select id from request order by id desc limit 1`,
    );
    const { json } = await admin('GET', `/requests/${publicId('request', rows[0]?.id ?? '')}`);
    expect(json['attempts']).toMatchObject([{ credential: ids[used().at(-1) ?? ''], outcome: 'served' }]);
  });

  it.each([401, 403])(
    'a %i of one is answered with another at once, and several eject that one alone',
    async (status) => {
      refuse('two', status);
      let calls = 0;
      for (; calls < 60 && used().filter((name) => name === 'two').length < 5; calls++) {
        expect(await ask()).toBe(200);
        // As if the second for which a refused credential rests had gone by.
        for (const state of states().values()) state.restUntilMs = 0;
      }
      expect(await healthOf(OTHER)).toMatchObject([
        { name: 'one', breaker: { state: 'closed' } },
        { name: 'two', breaker: { state: 'open', failures: 5 } },
        { name: 'three', breaker: { state: 'closed' } },
      ]);
      gateway.simulator.reset();
      await times(4, () => ask(OTHER));
      expect(new Set(used())).toEqual(new Set(['one', 'three']));
    },
  );

  it('a 429 of one cools that one at that model alone, without a word to the caller', async () => {
    refuse('one', 429);
    await times(4, async () => expect(await ask()).toBe(200));
    expect(used().filter((name) => name === 'one')).toHaveLength(1);
    const resting = (credentials: JsonObject[]): unknown[] =>
      credentials
        .filter(({ quota }) => (quota as JsonObject)['resting_until'] !== null)
        .map(({ name }) => name);
    expect(resting(await healthOf())).toEqual(['one']);
    expect(resting(await healthOf(OTHER))).toEqual([]);
  });

  it('are charged once whoever served, with the refused attempts beside it at no price', async () => {
    refuse('one', 401);
    refuse('two', 429);
    await times(3, async () => expect(await ask()).toBe(200));
    expect(used().at(-1)).toBe('three');
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query<{ attempts: number; events: number }>(
      `select (select count(*)::int from attempt where request_id = r.id) as attempts,
         (select count(*)::int from usage_event where request_id = r.id) as events
       from request r order by id desc limit 3`,
    );
    expect(rows.map(({ events }) => events)).toEqual([1, 1, 1]);
    expect(Math.max(...rows.map(({ attempts }) => attempts))).toBeGreaterThan(1);
    expect(await brokenRules(gateway)).toEqual([]);
  });

  it('share by weight, spare ones wait, and who drains, is disabled or deleted gets nothing', async () => {
    const set = (name: string, change: JsonObject) => admin('PATCH', `${PATH}/${ids[name]}`, change);
    await set('one', { weight: 3 });
    await set('three', { weight: 0 });
    await times(8, ask);
    expect(used().sort()).toEqual([...Array<string>(6).fill('one'), 'two', 'two']);
    gateway.simulator.reset();
    await set('one', { status: 'draining' });
    await set('two', { status: 'disabled' });
    await times(2, ask);
    expect(used()).toEqual(['three', 'three']);
    expect(await admin('DELETE', `${PATH}/${ids['three']}`)).toMatchObject({ json: { deleted: true } });
    expect((await set('three', { weight: 1 })).status).toBe(409);
    const { rows } = await gateway.pool.query(
      `select ciphertext from provider_credential where status = 'deleted' and name = 'three'`,
    );
    expect(rows).toEqual([{ ciphertext: null }]);
    expect(await ask()).toBe(503);
    await set('two', { status: 'active' });
    expect(await ask()).toBe(200);
  });
});
