import { AdminKeysService } from '../../../src/accounts/admin-keys/admin-keys.service.js';
import type { JsonObject } from '../../../src/core/json.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { Statements } from '../../support/statements.js';

const FIRST = 'first-choice';
const SECOND = 'second-choice';
const MODEL = 'test/channels';

const ask = { model: MODEL, max_tokens: 50, messages: [{ role: 'user', content: 'Hello.' }] };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('channels that are switched off', () => {
  let world: Statements;
  let admin: string;
  let first: string;
  beforeAll(async () => {
    const shared = { id: MODEL };
    world = await Statements.start('standard', [
      { ...shared, upstreamModel: FIRST, slug: FIRST, set: { deployment: { priority: 2 } } },
      { ...shared, upstreamModel: SECOND, slug: SECOND, prices: {}, set: { deployment: { priority: 1 } } },
    ]);
    await world.gateway.pool.query("update sku set provider_id = null where kind = 'list'");
    await world.gateway.pool.query('update catalog_version set version = version + 1');
    await world.reloadCatalogue();
    const keys = world.gateway.api.app.get(AdminKeysService);
    admin = (await keys.create(systemActor('test'), { name: 'test', role: 'admin' })).secret;
    const { json } = await manage('GET', `/deployments?provider=${FIRST}`);
    first = (json['data'] as { id: string }[])[0]?.id ?? '';
  });
  afterAll(() => world.close());
  beforeEach(() => world.begin());
  afterEach(async () => {
    await manage('DELETE', `/providers/${FIRST}/auto-disable`);
    await manage('DELETE', `/deployments/${first}/auto-disable`);
    await manage('PATCH', `/deployments/${first}`, { status: 'active' });
    world.begin();
    expect(await untilServedBy(FIRST)).toBe(FIRST);
  });

  const manage = async (
    method: string,
    path: string,
    body?: JsonObject,
  ): Promise<{ status: number; json: JsonObject }> => {
    const answer = await fetch(`${world.gateway.url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, json: (await answer.json()) as JsonObject };
  };
  const deployment = async (): Promise<JsonObject> => (await manage('GET', `/deployments/${first}`)).json;
  const untilStatus = async (status: string, forMs = 2_000): Promise<JsonObject> => {
    for (let waited = 0; ; waited += 50) {
      const found = await deployment();
      if (found['status'] === status || waited >= forMs) return found;
      await pause(50);
    }
  };
  const servedBy = async (): Promise<string | null> =>
    (await world.chat(ask)).headers.get('x-faregate-provider');
  /** Who serves in the end: a refused credential rests for a second, a change is seen within two. */
  const untilServedBy = async (provider: string): Promise<string | null> => {
    for (let waited = 0; ; waited += 100) {
      const found = await servedBy();
      if (found === provider || waited >= 4_000) return found;
      await pause(100);
    }
  };
  /** How often the first choice was asked. */
  const asked = (): number =>
    world.gateway.simulator.journal.filter(({ body }) => (body as JsonObject)['model'] === FIRST).length;
  const refuse = (status: number, message: string): void =>
    world.gateway.simulator.use({ match: { model: FIRST }, answer: { kind: 'error', status, message } });

  it('statement 70: a channel disabled by hand gets no call from two seconds on, and no test brings it back', async () => {
    await manage('PUT', `/providers/${FIRST}/auto-disable`, { enabled: true, retest_seconds: 1 });
    // As another process does it: this one finds out by itself.
    await world.gateway.pool.query("update deployment set status = 'disabled' where upstream_model = $1", [
      FIRST,
    ]);
    await pause(2_000);
    world.begin();
    for (let call = 0; call < 3; call++) expect(await servedBy()).toBe(SECOND);
    await pause(1_500);
    expect(asked()).toBe(0);
    expect(await deployment()).toMatchObject({ status: 'disabled', auto_disabled: null });
  });

  it('statement 70: a refused credential disables the channel where its rule says so, and a passed test enables it', async () => {
    await manage('PUT', `/providers/${FIRST}/auto-disable`, { enabled: true, retest_seconds: 1 });
    refuse(401, 'Incorrect API key provided: sk-secret-part');
    expect(await servedBy()).toBe(SECOND);
    const off = await untilStatus('auto_disabled');
    expect(off).toMatchObject({
      status: 'auto_disabled',
      auto_disabled: {
        reason: 'HTTP 401: the credential or its account was refused',
        at: expect.any(String),
      },
    });
    expect(await servedBy()).toBe(SECOND);
    const before = asked();
    await pause(2_500);
    // It is tested, by nobody else's money, and stays off while the test is refused.
    expect(asked()).toBeGreaterThan(before);
    expect(await deployment()).toMatchObject({
      status: 'auto_disabled',
      auto_disabled: { tested_at: expect.any(String), test_error: 'HTTP 401: account' },
    });
    expect(JSON.stringify(await deployment())).not.toContain('sk-secret');
    world.begin();
    expect(await untilStatus('active', 4_000)).toMatchObject({ status: 'active', auto_disabled: null });
    expect(await untilServedBy(FIRST)).toBe(FIRST);
    const { rows } = await world.gateway.pool.query(
      "select actor, action from audit_log where action like 'deployment.auto%' order by id",
    );
    expect(rows.slice(-2)).toEqual([
      { actor: 'system:auto-disable', action: 'deployment.auto_disable' },
      { actor: 'system:auto-disable', action: 'deployment.auto_enable' },
    ]);
  });

  it('statement 88: nothing that a caller sends disables a channel, or sends the call elsewhere', async () => {
    await manage('PUT', `/providers/${FIRST}/auto-disable`, { enabled: true, statuses: ['401-404'] });
    const refusals: [number, string, string | null][] = [
      [403, 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO', 'content_filter'],
      [403, 'You do not have permission to access the File abc123 or it may not exist.', null],
      [403, 'CachedContent not found (or permission denied)', null],
      [404, 'File not found: file_abc', null],
      [
        400,
        "Input tag 'insufficient_quota' found using 'type' does not match any of the expected tags",
        null,
      ],
      [400, "Invalid value: 'Your credit balance is too low'. Supported values are: 'auto'.", null],
    ];
    for (const [status, message, code] of refusals) {
      world.begin();
      refuse(status, message);
      const answer = await world.chat(ask);
      expect(answer).toMatchObject({
        status: 400,
        json: { error: { type: 'invalid_request_error', message } },
      });
      if (code) expect(answer.json).toMatchObject({ error: { code } });
      expect(world.calls).toBe(1);
    }
    await pause(300);
    expect(await deployment()).toMatchObject({ status: 'active', auto_disabled: null });
    world.begin();
    expect(await servedBy()).toBe(FIRST);
  });

  it('statement 70: nothing is disabled by itself unless a rule says so', async () => {
    refuse(401, 'Incorrect API key');
    for (let call = 0; call < 2; call++) expect(await servedBy()).toBe(SECOND);
    await pause(300);
    expect(await deployment()).toMatchObject({ status: 'active', auto_disabled: null });
    expect((await manage('GET', `/providers/${FIRST}/auto-disable`)).json).toMatchObject({
      source: 'none',
      enabled: false,
      statuses: ['401'],
      keywords: expect.arrayContaining(['You exceeded your current quota']),
      retest_seconds: null,
    });
  });

  it("statement 70: a deployment's own rule stands in place of its provider's", async () => {
    await manage('PUT', `/providers/${FIRST}/auto-disable`, { enabled: true });
    await manage('PUT', `/deployments/${first}/auto-disable`, {
      enabled: true,
      statuses: ['520-529'],
      keywords: ['maintenance week'],
    });
    expect((await manage('GET', `/deployments/${first}/auto-disable`)).json).toMatchObject({
      source: 'deployment',
    });
    refuse(500, 'no luck');
    expect(await servedBy()).toBe(SECOND);
    await pause(300);
    expect(await deployment()).toMatchObject({ status: 'active' });
    world.begin();
    refuse(500, 'This is MAINTENANCE WEEK.');
    expect(await servedBy()).toBe(SECOND);
    expect(await untilStatus('auto_disabled')).toMatchObject({
      auto_disabled: { reason: 'HTTP 500: "maintenance week"' },
    });
  });

  it('statement 70: without a time to test, an administrator enables it, or asks for a test', async () => {
    await manage('PUT', `/providers/${FIRST}/auto-disable`, { enabled: true });
    refuse(401, 'Incorrect API key');
    await servedBy();
    await untilStatus('auto_disabled');
    const failed = await manage('POST', `/deployments/${first}/test`, {});
    expect(failed).toMatchObject({ status: 200, json: { passed: false, switched_on: false } });
    world.begin();
    await pause(1_500);
    expect(await deployment()).toMatchObject({ status: 'auto_disabled' });
    const passed = await manage('POST', `/deployments/${first}/test`, {});
    expect(passed.json).toMatchObject({ passed: true, switched_on: true, error: null });
    expect(await servedBy()).toBe(FIRST);
    expect((await manage('PATCH', `/deployments/${first}`, { status: 'auto_disabled' })).status).toBe(400);
  });

  it('a rule that cannot be is a 400 by name', async () => {
    for (const [body, param] of [
      [{}, 'enabled'],
      [{ enabled: 'yes' }, 'enabled'],
      [{ enabled: true, statuses: ['4xx'] }, 'statuses'],
      [{ enabled: true, keywords: [''] }, 'keywords'],
      [{ enabled: true, retest_seconds: 0 }, 'retest_seconds'],
    ] as [JsonObject, string][]) {
      const refused = await manage('PUT', `/deployments/${first}/auto-disable`, body);
      expect(refused).toMatchObject({ status: 400, json: { error: { param } } });
    }
  });
});
