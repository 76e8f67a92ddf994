import { startAdminApi, type AdminApi } from '../../support/admin-api.js';

let api: AdminApi;
let organization: string;
let project: string;
beforeAll(async () => {
  api = await startAdminApi();
  organization = (await api.post('/organizations', { name: 'Acme' })).body.id;
  project = (await api.post(`/organizations/${organization}/projects`, { name: 'Chat' })).body.id;
});
afterAll(() => api.close());

type Role = 'owner' | 'admin' | 'finance';

const send = (key: string, body: object, { path = '/organizations', role = 'admin' as Role } = {}) =>
  api.call({ method: 'post', path, body, role, headers: { 'idempotency-key': key } });

const countNamed = async (name: string): Promise<unknown> => {
  const [row] = await api.sql('select count(*)::int as n from organization where name = $1', [name]);
  return row?.['n'];
};

describe('a POST with an Idempotency-Key', () => {
  it('is done once; a repetition gets the first answer', async () => {
    const first = await send('once', { name: 'Once' });
    const second = await send('once', { name: 'Once' });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(await countNamed('Once')).toBe(1);
  });

  it('is done once when sent many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send('race', { name: 'Race' })));
    expect(await countNamed('Race')).toBe(1);
    for (const { status, body, headers } of answers) {
      if (status === 201) continue;
      expect([status, body.error.code, headers['retry-after']]).toEqual([409, 'idempotency_key_in_use', '1']);
    }
    const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id as string));
    expect(ids.size).toBe(1);
  });

  it('gets its secret again, which is sealed at rest', async () => {
    const path = `/projects/${project}/keys`;
    const first = await send('secret', { name: 'k' }, { path });
    const second = await send('secret', { name: 'k' }, { path });
    expect(second.body).toEqual(first.body);
    expect(second.body.secret).toMatch(/^fg_live_/);
    const stored = await api.sql(`select response::text as text from idempotency_key where key = 'secret'`);
    expect(stored).toHaveLength(1);
    expect(String(stored[0]?.['text'])).not.toContain(first.body.id);
    const keys = await api.sql(`select id from api_key where name = 'k'`);
    expect(keys).toHaveLength(1);
  });

  it('is refused with another body, whatever the order of its members', async () => {
    await send('body', { name: 'Body', timezone: 'UTC' });
    expect((await send('body', { timezone: 'UTC', name: 'Body' })).status).toBe(201);
    const refused = await send('body', { name: 'Body 2', timezone: 'UTC' });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'idempotency_key_reused']);
    expect(await countNamed('Body 2')).toBe(0);
  });

  it('is another call for another admin and on another path', async () => {
    const one = await send('scope', { name: 'Scope' });
    const other = await send('scope', { name: 'Scope' }, { role: 'owner' });
    const path = `/organizations/${organization}/projects`;
    const third = await send('scope', { name: 'Scope' }, { path });
    expect([one.status, other.status, third.status]).toEqual([201, 201, 201]);
    expect(other.body.id).not.toBe(one.body.id);
    expect(third.body.object).toBe('project');
  });

  it('may be sent again with another body after a refusal that did nothing', async () => {
    expect((await send('mend', { name: '' })).status).toBe(400);
    expect((await send('mend', { name: 'x', unheard: 1 })).status).toBe(400);
    expect((await send('mend', { name: 'x' }, { role: 'finance' })).status).toBe(403);
    expect((await send('mend', { name: 'Mended' })).status).toBe(201);
  });

  it('gets a decline again: the card was asked', async () => {
    const path = `/organizations/${organization}/payment-methods`;
    const body = { provider: 'sandbox', token: 'pm_card_chargeDeclined' };
    const first = await send('decline', body, { path });
    const second = await send('decline', body, { path });
    expect([first.status, second.status]).toEqual([402, 402]);
    expect(second.body).toEqual(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.headers['x-should-retry']).toBe('false');
  });

  it('is refused while the first call runs, and taken over when its process died', async () => {
    await send('crash', { name: 'Crash' });
    const age = (seconds: number) =>
      api.sql(
        `update idempotency_key set status = null, response = null,
           created_at = clock_timestamp() - make_interval(secs => $1) where key = 'crash'`,
        [seconds],
      );
    await age(50);
    expect((await send('crash', { name: 'Crash' })).body.error.code).toBe('idempotency_key_in_use');
    await age(61);
    expect((await send('crash', { name: 'Other' })).body.error.code).toBe('idempotency_key_reused');
    const taken = await Promise.all(Array.from({ length: 4 }, () => send('crash', { name: 'Crash' })));
    expect(
      new Set(taken.filter(({ status }) => status === 201).map(({ body }) => body.id as string)).size,
    ).toBe(1);
    expect(await countNamed('Crash')).toBe(2);
  });

  it('is forgotten after a day', async () => {
    await send('old', { name: 'Old' });
    await api.sql(
      `update idempotency_key set created_at = created_at - interval '25 hours' where key = 'old'`,
    );
    expect((await send('old', { name: 'New' })).status).toBe(201);
  });

  it.each(['k'.repeat(256), 'schl\u00fcssel', 'tab\there'])(
    'is refused under an unusable key (%#)',
    async (key) => {
      const { status, body } = await send(key, { name: 'x' });
      expect([status, body.error.param]).toEqual([400, 'Idempotency-Key']);
    },
  );

  it('does not open an answer that was moved to another key', async () => {
    await send('here', { name: 'Here' });
    await send('there', { name: 'There' });
    await api.sql(`update idempotency_key set response = (select response from idempotency_key where key = 'here')
      where key = 'there'`);
    const { status, text } = await send('there', { name: 'There' });
    expect(status).toBe(500);
    expect(text).not.toContain('Here');
  });
});
