import { publicId, uuidv7 } from '../../../src/core/ids.js';
import type { JsonObject } from '../../../src/core/json.js';
import { adminDoor, createAdminSecret, type AdminDoor } from '../../support/admin-door.js';
import { chatBody, post, until } from '../../support/calls.js';
import { createWorld, serveModel, type GatewayWorld } from '../../support/gateway.js';
import { startApiProcess, type ApiProcess } from '../../support/processes.js';
import { createTestRedis } from '../../support/redis.js';

/** What an administrator is promised. */
const EFFECTIVE_MS = 2_000;
const MODEL = 'test/two-ways';
const SECRETS = { one: 'sim-left-1111', two: 'sim-left-2222' };

const redis = createTestRedis();
let world: GatewayWorld;
let apis: ApiProcess[];
let admins: AdminDoor[];
const deployments: Record<string, string> = {};
const credentials: Record<string, string> = {};

beforeAll(async () => {
  world = await createWorld();
  for (const [slug, priority] of [
    ['left', 5],
    ['right', 0],
  ] as const) {
    const served = await serveModel(world.pool, {
      id: MODEL,
      protocol: 'openai-chat',
      upstreamModel: slug,
      baseUrl: `${world.simulator.baseUrl}/v1`,
    });
    deployments[slug] = publicId('deployment', served.deploymentId);
    await world.pool.query('update provider set slug = $2 where id = $1', [served.providerId, slug]);
    await world.pool.query('update deployment set priority = $2 where id = $1', [
      served.deploymentId,
      priority,
    ]);
  }
  await world.pool.query(`update provider_credential set status = 'deleted', ciphertext = null
    where provider_id = (select id from provider where slug = 'left')`);
  const secret = await createAdminSecret(world);
  const env = { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix };
  apis = await Promise.all([startApiProcess(world, env), startApiProcess(world, env)]);
  admins = apis.map(({ url }) => adminDoor(url, secret));
  for (const [name, credential] of Object.entries(SECRETS)) {
    const made = await first('POST', '/providers/left/credentials', { name, credential });
    credentials[name] = made.json['id'] as string;
  }
  await Promise.all(apis.map((api) => within(() => servedBy(api), 'left', 5_000)));
});
afterAll(async () => {
  await Promise.all(apis.map((api) => api.kill()));
  await world.close();
  await redis.drop();
});
beforeEach(() => world.simulator.reset());

/** Changes go through the first process; the second has to learn of them. */
const first: AdminDoor = (...call) => (admins[0] as AdminDoor)(...call);
const second = (): ApiProcess => apis[1] as ApiProcess;
async function servedBy(api: ApiProcess, more: JsonObject = {}): Promise<string> {
  const response = await post(
    { url: api.url, secret: world.secret },
    '/v1/chat/completions',
    chatBody(MODEL, more),
  );
  await response.text();
  return response.headers.get('x-faregate-provider') ?? String(response.status);
}
const within = (read: () => Promise<unknown>, wanted: unknown, ms = EFFECTIVE_MS): Promise<unknown> =>
  until(read, (value) => JSON.stringify(value) === JSON.stringify(wanted), ms);
/** The credentials of the left deployment as a process sees them. */
async function healthAt(process: number): Promise<JsonObject> {
  const { json } = await (admins[process] as AdminDoor)('GET', '/deployment-health');
  return (json['data'] as JsonObject[]).find((one) => one['deployment'] === deployments['left']) ?? {};
}
const stateOf = async (process: number, name: string): Promise<unknown> => {
  const listed = (await healthAt(process))['credentials'] as JsonObject[];
  return (
    (listed.find((one) => one['name'] === name)?.['breaker'] as JsonObject | undefined)?.['state'] ?? 'out'
  );
};
/** Which credentials the upstream sees of twelve calls to the second process. */
async function credentialsSeen(): Promise<string[]> {
  world.simulator.reset();
  for (let call = 0; call < 4; call++) await servedBy(second());
  const seen = world.simulator.journal.map(({ headers }) => headers['authorization']?.slice(-4));
  return Object.entries(SECRETS).flatMap(([name, secret]) => (seen.includes(secret.slice(-4)) ? [name] : []));
}

describe('of two processes, what an admin changes at one holds at the other within two seconds', () => {
  it.each(['draining', 'disabled'])(
    'a deployment that is set to %s gets nothing any more, and all again once active',
    async (status) => {
      const path = `/deployments/${deployments['left']}`;
      expect((await first('PATCH', path, { status })).json).toMatchObject({ status });
      await within(() => servedBy(second()), 'right');
      expect(await healthAt(1)).toEqual({});
      await first('PATCH', path, { status: 'active' });
      await within(() => servedBy(second()), 'left');
    },
  );

  it.each(['draining', 'disabled'])(
    'a credential that is set to %s is used no more, and again once active',
    async (status) => {
      const path = `/providers/left/credentials/${credentials['one']}`;
      expect((await first('PATCH', path, { status })).json).toMatchObject({ status });
      await within(() => stateOf(1, 'one'), 'out');
      expect(await credentialsSeen()).toEqual(['two']);
      await first('PATCH', path, { status: 'active' });
      await within(() => stateOf(1, 'one'), 'closed');
      expect(await credentialsSeen()).toEqual(['one', 'two']);
    },
  );

  it('a call under way at a deployment that drains is served to its end', async () => {
    world.simulator.use({
      match: { model: 'left' },
      times: 1,
      answer: { kind: 'model' },
      pacing: { firstByteDelayMs: 1_500 },
    });
    const running = servedBy(second());
    await until(
      () => Promise.resolve(world.simulator.journal.length),
      (calls) => calls === 1,
    );
    await first('PATCH', `/deployments/${deployments['left']}`, { status: 'draining' });
    expect(await running).toBe('left');
    await first('PATCH', `/deployments/${deployments['left']}`, { status: 'active' });
    await within(() => servedBy(second()), 'left');
  });
});

describe('of two processes, what one finds out of an upstream the other knows', () => {
  it('that a credential is refused: it is ejected at both, the other one serves', async () => {
    world.simulator.use({
      match: ({ headers }) => headers['authorization']?.endsWith('1111') === true,
      answer: { kind: 'error', status: 401 },
    });
    await until(
      async () => {
        expect(await servedBy(apis[0] as ApiProcess)).toBe('left');
        return stateOf(0, 'one');
      },
      (state) => state === 'open',
      15_000,
    );
    await within(() => stateOf(1, 'one'), 'open');
    expect(await credentialsSeen()).toEqual(['two']);
  });

  it('that a deployment fails often: both rank it behind', async () => {
    await world.pool.query('update deployment set priority = 0');
    await world.pool.query('update catalog_version set version = version + 1');
    // Before it knows that both are equal now, it asks the left one alone.
    await within(() => servedBy(second()), 'right', 10_000);
    const measured = async (process: number): Promise<number> =>
      Number((await healthAt(process))['error_rate']);
    world.simulator.use({ match: { model: 'left' }, times: 3, answer: { kind: 'error', status: 500 } });
    const ask = () => servedBy(apis[0] as ApiProcess, { allowed_providers: ['left'] });
    await until(ask, () => world.simulator.journal.length >= 3, 10_000);
    const rate = await measured(0);
    expect(rate).toBeGreaterThan(0.1);
    await until(
      () => measured(1),
      (seen) => Math.abs(seen - rate) < 1e-3,
      EFFECTIVE_MS,
    );
    const speedy = { preference: 'speed', user: uuidv7() };
    for (let call = 0; call < 4; call++) expect(await servedBy(second(), speedy)).toBe('right');
  });
});
