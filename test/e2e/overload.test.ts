import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { chatBody, messagesBody, post, until, untilSettled } from '../support/calls.js';
import { addCustomer, type Customer } from '../support/customers.js';
import { startGatedUpstream, type GatedUpstream } from '../support/gated-upstream.js';
import {
  CHAT_MODEL,
  createWorld,
  serveModel,
  startGateway,
  type GatewayWorld,
  type TestGateway,
} from '../support/gateway.js';
import { createAdminSecret } from '../support/admin-door.js';
import { startApiProcess, type ApiProcess } from '../support/processes.js';

const GATED = 'test/gated';
const CHAT = '/v1/chat/completions';

describe('a process with room for four calls, behind a proxy', () => {
  let gateway: TestGateway;
  let other: Customer;
  let upstream: GatedUpstream;
  beforeAll(async () => {
    gateway = await startGateway({
      env: { MAX_RUNNING_CALLS: '4', TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' },
    });
    other = await addCustomer(gateway);
    upstream = await startGatedUpstream({ input: 10, output: 20 });
    await serveModel(gateway.pool, {
      id: GATED,
      protocol: 'openai-chat',
      upstreamModel: 'gated',
      baseUrl: upstream.baseUrl,
    });
    const models = { headers: { authorization: `Bearer ${gateway.secret}` } };
    const list = async () => (await fetch(`${gateway.url}/v1/models`, models)).text();
    await until(list, (text) => text.includes(GATED));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('gives one organization half of it, keeps room for others, and refuses the rest as its own fault', async () => {
    const running = [1, 2].map(() => post(gateway, CHAT, chatBody(GATED)));
    await until(
      () => Promise.resolve(upstream.bodies.length),
      (calls) => calls === 2,
    );
    const refused = await post(gateway, CHAT, chatBody(GATED));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await refused.json()).toMatchObject({ error: { code: 'overloaded' } });
    const messages = await post(gateway, '/v1/messages', messagesBody(GATED));
    expect([messages.status, messages.headers.get('retry-after')]).toEqual([529, '2']);
    expect(await messages.json()).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
    running.push(post(other, CHAT, chatBody(GATED)));
    await until(
      () => Promise.resolve(upstream.bodies.length),
      (calls) => calls === 3,
    );
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
    upstream.open();
    for (const answer of await Promise.all(running)) expect(answer.status).toBe(200);
    for (let time = 0; time < 6; time++)
      expect((await post(gateway, CHAT, chatBody(GATED))).status).toBe(200);
    expect(upstream.bodies).toHaveLength(9);
  });

  it('gives the room of callers who left to others, and reads on no more of their answers than it can bear', async () => {
    upstream.shut();
    const before = upstream.bodies.length;
    const leaveAfterAsking = async (calls: number): Promise<void> => {
      const left = new AbortController();
      const asked = upstream.bodies.length;
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${gateway.secret}` };
      const body = JSON.stringify(chatBody(GATED));
      // The gateway may not know yet who left.
      const ask = async (): Promise<void> => {
        while (
          (await fetch(`${gateway.url}${CHAT}`, { method: 'POST', headers, body, signal: left.signal }))
            .status === 503
        )
          await pause(20);
      };
      const calling = Array.from({ length: calls }, ask);
      await until(
        () => Promise.resolve(upstream.bodies.length),
        (found) => found === asked + calls,
      );
      left.abort();
      await Promise.allSettled(calling);
    };
    await leaveAfterAsking(2);
    await leaveAfterAsking(2);
    await leaveAfterAsking(1);
    // Two of the five are read on; the others were cut, and are settled while the upstream is still silent.
    const open = async () =>
      (
        await gateway.pool.query<{ open: number }>(
          "select count(*)::int as open from hold where state = 'open'",
        )
      ).rows[0]?.open;
    await until(open, (found) => found === 2);
    upstream.open();
    await untilSettled(gateway);
    expect(upstream.bodies).toHaveLength(before + 5);
  });

  it('statement 72: an address list means the caller, not the proxy, and not what the caller claims', async () => {
    await gateway.pool.query("update api_key set allowed_ips = '{198.51.100.0/24}' where id = $1", [
      other.tenant.keyId,
    ]);
    const from = (forwarded?: string) =>
      post(
        other,
        CHAT,
        chatBody(CHAT_MODEL),
        forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      );
    await until(
      () => from(),
      ({ status }) => status === 403,
    );
    expect((await from('198.51.100.7')).status).toBe(200);
    expect((await from('198.51.100.7, 10.1.1.1')).status).toBe(200);
    expect((await from('198.51.100.7, 203.0.113.9')).status).toBe(403);
    expect((await from('198.51.100.7, junk')).status).toBe(403);
  });

  it('refuses a request with two Host headers', async () => {
    const { hostname, port } = new URL(gateway.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
      socket.write(
        `GET /v1/models HTTP/1.1\r\nHost: a\r\nhost: b\r\nAuthorization: Bearer ${gateway.secret}\r\nConnection: close\r\n\r\n`,
      );
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('more than one Host header');
  });
});

describe('a process with one connection to each upstream', () => {
  it('refuses what waits for it for longer than connections take, as its own fault, unpaid', async () => {
    const gateway = await startGateway({
      env: { UPSTREAM_CONNECTIONS: '1', UPSTREAM_CONNECT_TIMEOUT_MS: '150' },
    });
    const upstream = await startGatedUpstream({ input: 10, output: 20 });
    const model = { protocol: 'openai-chat', upstreamModel: 'gated', baseUrl: upstream.baseUrl } as const;
    await serveModel(gateway.pool, { id: GATED, ...model });
    const models = { headers: { authorization: `Bearer ${gateway.secret}` } };
    const list = async () => (await fetch(`${gateway.url}/v1/models`, models)).text();
    await until(list, (text) => text.includes(GATED));
    const first = post(gateway, CHAT, chatBody(GATED));
    await until(
      () => Promise.resolve(upstream.bodies.length),
      (calls) => calls === 1,
    );
    const refused = await post(gateway, CHAT, chatBody(GATED));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await post(gateway, '/v1/messages', messagesBody(GATED))).status).toBe(529);
    upstream.open();
    expect((await first).status).toBe(200);
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query('select amount_nano::text as paid from usage_event');
    expect(rows).toEqual([{ paid: '330000' }]);
    expect(upstream.bodies).toHaveLength(1);
    await gateway.close();
    await upstream.close();
  });
});

/** Runs before the product: from one SIGUSR2 to the next every turn of its event loop takes 190 ms. */
const LATE = `let isLate = false;
const still = new Int32Array(new SharedArrayBuffer(4));
const turn = () => { Atomics.wait(still, 0, 0, 190); if (isLate) setImmediate(turn); };
process.on('SIGUSR2', () => { isLate = !isLate; if (isLate) turn(); });`;

describe('a process whose event loop is late', () => {
  let world: GatewayWorld;
  let api: ApiProcess;
  let upstream: GatedUpstream;
  beforeAll(async () => {
    world = await createWorld();
    upstream = await startGatedUpstream({ input: 10, output: 20 });
    const model = { protocol: 'openai-chat', upstreamModel: 'gated', baseUrl: upstream.baseUrl } as const;
    await serveModel(world.pool, { id: GATED, ...model });
    api = await startApiProcess(world, {
      MAX_EVENT_LOOP_LAG_MS: '60',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(LATE)}`,
    });
  });
  afterAll(async () => {
    await api.kill();
    await world.close();
    await upstream.close();
  });

  it('refuses calls in their own words, while health, admin and the settlement of what runs go on', async () => {
    const caller = { url: api.url, secret: world.secret };
    const admin = { headers: { authorization: `Bearer ${await createAdminSecret(world)}` } };
    const models = async () => (await fetch(`${api.url}/admin/v1/models`, admin)).status;
    // A connection to PostgreSQL takes eight turns and has two seconds: late as it will be, it needs those it has.
    expect(await Promise.all([models(), models(), models()])).toEqual([200, 200, 200]);
    const underWay = post(caller, CHAT, chatBody(GATED));
    await until(
      () => Promise.resolve(upstream.bodies.length),
      (calls) => calls === 1,
    );
    api.signal('SIGUSR2');
    const shed = await until(
      () => post(caller, CHAT, chatBody(CHAT_MODEL)),
      ({ status }) => status === 503,
    );
    expect(shed.headers.get('retry-after')).toBe('2');
    expect(await shed.json()).toMatchObject({ error: { code: 'overloaded' } });
    const messages = await post(caller, '/v1/messages', messagesBody(CHAT_MODEL));
    expect([messages.status, messages.headers.get('retry-after')]).toEqual([529, '2']);
    expect((await fetch(`${api.url}/livez`)).status).toBe(200);
    expect(await models()).toBe(200);
    upstream.open();
    expect((await underWay).status).toBe(200);
    // 10 tokens in at 3 dollars and 20 out at 15 dollars a million.
    const paid = () => world.pool.query('select 1 from usage_event where amount_nano = 330000');
    await until(paid, ({ rows }) => rows.length === 1);
    api.signal('SIGUSR2');
    await until(
      () => post(caller, CHAT, chatBody(CHAT_MODEL)),
      ({ status }) => status === 200,
    );
  });
});
