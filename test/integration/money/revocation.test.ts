import { publicId } from '../../../src/core/ids.js';
import { createAdminSecret } from '../../support/admin-door.js';
import { createKey } from '../../support/builders/tenant.builder.js';
import { chatBody, post } from '../../support/calls.js';
import { CHAT_MODEL, createSecret, createWorld, type GatewayWorld } from '../../support/gateway.js';
import { startApiProcess, type ApiProcess } from '../../support/processes.js';
import { createTestRedis } from '../../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';

/** In how long a change must be known everywhere. */
const EFFECTIVE_MS = 2_000;
/** Between two questions of the same kind. */
const REST_MS = 20;

const rest = () => new Promise((resolve) => setTimeout(resolve, REST_MS));

describe.each([
  ['one API process without Redis', 'none'],
  ['two API processes', 'there'],
  ['two API processes whose Redis is away', 'away'],
])('in %s', (_, redisState) => {
  let world: GatewayWorld;
  let apis: ApiProcess[] = [];
  let admin: string;
  let way: TcpProxy;
  const redis = createTestRedis();

  beforeAll(async () => {
    world = await createWorld();
    admin = await createAdminSecret(world);
    const { hostname, port } = new URL(redis.url);
    way = await startTcpProxy({ host: hostname, port: Number(port) });
    const url = redisState === 'away' ? `redis://127.0.0.1:${way.port}` : redis.url;
    const env: Record<string, string> =
      redisState === 'none' ? {} : { REDIS_URL: url, REDIS_PREFIX: redis.prefix };
    const count = redisState === 'none' ? 1 : 2;
    apis = await Promise.all(Array.from({ length: count }, () => startApiProcess(world, env)));
    if (redisState === 'away') way.set('reset');
  });
  afterAll(async () => {
    await Promise.all(apis.map((api) => api.kill()));
    await world.close();
    way.set('pass');
    await way.close();
    await redis.drop();
  });

  const newKey = async (): Promise<{ id: string; secret: string }> => {
    const id = await createKey(world.pool, world.tenant);
    return { id, secret: await createSecret(world.pool, id) };
  };
  const call = async (api: ApiProcess, secret: string): Promise<number> => {
    const response = await post({ url: api.url, secret }, '/v1/chat/completions', chatBody(CHAT_MODEL));
    await response.text();
    return response.status;
  };
  const list = async (api: ApiProcess, secret: string): Promise<number> => {
    const response = await fetch(`${api.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } });
    await response.text();
    return response.status;
  };
  const everywhere = (ask: (api: ApiProcess) => Promise<number>): Promise<number[]> =>
    Promise.all(apis.map((api) => ask(api)));
  const allSay = (status: number): number[] => apis.map(() => status);

  /** Puts the key into both caches, and keeps it there until the cached answer has been renewed. */
  const warmUp = async (secret: string): Promise<void> => {
    const until = performance.now() + 1_100;
    do {
      expect(await everywhere((api) => list(api, secret))).toEqual(allSay(200));
      await rest();
    } while (performance.now() < until);
    expect(await everywhere((api) => call(api, secret))).toEqual(allSay(200));
  };

  /** Milliseconds after which a process last served the secret; asked again and again until well past the limit. */
  const lastServed = async (api: ApiProcess, secret: string): Promise<number> => {
    const start = performance.now();
    let last = -1;
    for (let elapsed = 0; elapsed < EFFECTIVE_MS + 100; elapsed = performance.now() - start) {
      if ((await list(api, secret)) === 200) last = elapsed;
      await rest();
    }
    return last;
  };
  const expectGone = async (secret: string): Promise<void> => {
    for (const last of await everywhere((api) => lastServed(api, secret)))
      expect(last).toBeLessThan(EFFECTIVE_MS);
    expect(await everywhere((api) => call(api, secret))).toEqual(allSay(401));
  };
  const onFirst = (path: string, body: object): Promise<Response> =>
    post({ url: apis[0]?.url ?? '', secret: admin }, `/admin/v1${path}`, body);

  it('a revoked key is refused at once where it would cost, and within two seconds everywhere', async () => {
    const { id, secret } = await newKey();
    await warmUp(secret);
    expect((await onFirst(`/keys/${publicId('key', id)}/revoke`, {})).status).toBeLessThan(300);
    expect(await everywhere((api) => call(api, secret))).toEqual(allSay(401));
    await expectGone(secret);
  });

  it('the old secret of a rotated key is refused within two seconds, the new one works at once', async () => {
    const { id, secret } = await newKey();
    await warmUp(secret);
    const rotated = await onFirst(`/keys/${publicId('key', id)}/rotate`, { overlap_seconds: 0 });
    const fresh = ((await rotated.json()) as { secret: string }).secret;
    expect(await everywhere((api) => call(api, fresh))).toEqual(allSay(200));
    await expectGone(secret);
    expect(await everywhere((api) => call(api, fresh))).toEqual(allSay(200));
  });

  // What ends a key by itself or from outside is read where a revocation is: one setting shows it.
  if (redisState !== 'there') return;

  it('an expired key is refused at once where it would cost, and within two seconds everywhere', async () => {
    const { id, secret } = await newKey();
    await warmUp(secret);
    await world.pool.query('update api_key set expires_at = billing_now() where id = $1', [id]);
    expect(await everywhere((api) => call(api, secret))).toEqual(allSay(401));
    await expectGone(secret);
  });

  it('a key that expires by itself is refused from that moment on, also out of a cache', async () => {
    const { id, secret } = await newKey();
    await world.pool.query(
      `update api_key set expires_at = billing_now() + interval '1 second' where id = $1`,
      [id],
    );
    expect(await everywhere((api) => list(api, secret))).toEqual(allSay(200));
    for (const last of await everywhere((api) => lastServed(api, secret))) expect(last).toBeLessThan(1_100);
  });

  it('no key of a suspended organization can make a call that costs, from the moment it is suspended', async () => {
    const { secret } = await newKey();
    await warmUp(secret);
    await world.pool.query(`update organization set status = 'suspended'`);
    expect(await everywhere((api) => call(api, secret))).toEqual(allSay(403));
    await world.pool.query(`update organization set status = 'active'`);
    expect(await everywhere((api) => call(api, secret))).toEqual(allSay(200));
  });
});
