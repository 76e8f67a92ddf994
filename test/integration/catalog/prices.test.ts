import pg from 'pg';
import { CatalogAdminModule } from '../../../src/catalog/catalog-admin.module.js';
import { CatalogService } from '../../../src/catalog/catalog.service.js';
import type { TokenClass } from '../../../src/core/token-usage.js';
import { parsePublicId, uuidv7 } from '../../../src/core/ids.js';
import { startAdminApi, type AdminAnswer, type AdminApi } from '../../support/admin-api.js';
import { invalid, refusalOf } from './refusals.js';

const body = (over: object = {}) => ({
  model: 'a/b',
  kind: 'list',
  token_class: 'input',
  unit_price: '3.00',
  currency: 'USD',
  ...over,
});

describe('/admin/v1/prices', () => {
  let api: AdminApi;
  let providerId: string;
  let organization: string;
  beforeAll(async () => {
    api = await startAdminApi([CatalogAdminModule]);
    const provider = { slug: 'up', protocol: 'openai-chat', base_url: 'https://api.example.com/v1' };
    providerId = parsePublicId('provider', (await api.post('/providers', provider)).body.id as string) ?? '';
    organization = (await api.post('/organizations', { name: 'Acme', currency: 'USD' })).body.id as string;
  });
  afterAll(() => api.close());

  /** A model of its own for a test, so that prices of others do not meddle. */
  const newModel = async (): Promise<string> => {
    const id = `m/${uuidv7()}`;
    await api.post('/models', { id, context_window: 1000, max_output_tokens: 100 });
    return id;
  };
  const priceAt = (modelId: string, tokenClass: TokenClass, inputTokens = 0) => {
    const catalog = api.app.get(CatalogService);
    const organizationId = parsePublicId('organization', organization) ?? '';
    const query = { modelId, providerId, organizationId, currency: 'USD', atMs: catalog.databaseNowMs() };
    return catalog.snapshot().listPrices(query).priceOf(tokenClass, inputTokens)?.unitPricePico;
  };

  it('keeps the exact price and shows it as it is charged', async () => {
    const model = await newModel();
    const created = await api.post('/prices', body({ model, unit_price: '0.075' }));
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      object: 'price',
      model,
      provider: null,
      organization: null,
      kind: 'list',
      token_class: 'input',
      tier_from: 0,
      unit_price: '0.075000',
      unit: 'per_million',
      currency: 'USD',
      valid_to: null,
      source: 'admin',
    });
    const search = await api.post('/prices', body({ model, token_class: 'search', unit_price: '0.001' }));
    expect(search.body).toMatchObject({ unit_price: '0.001000000000', unit: 'per_call' });
    expect((await api.get(`/prices/${created.body.id}`)).body).toEqual(created.body);
    expect(priceAt(model, 'input')).toBe(75_000n);
    expect(priceAt(model, 'search')).toBe(1_000_000_000n);
  });

  it('hands over to a successor at its valid_from, to the millisecond, and never edits', async () => {
    const model = await newModel();
    const first = await api.post('/prices', body({ model, unit_price: '1' }));
    const later = new Date(api.app.get(CatalogService).databaseNowMs() + 3_600_000).toISOString();
    const second = await api.post('/prices', body({ model, unit_price: '2', valid_from: later }));
    expect(second.body.valid_from).toBe(later);
    const { valid_to: end, ...before } = (await api.get(`/prices/${first.body.id}`)).body as Record<
      string,
      unknown
    >;
    const { valid_to: open, ...after } = first.body as Record<string, unknown>;
    expect([end, open]).toEqual([later, null]);
    expect(before).toEqual(after);
    const snapshot = api.app.get(CatalogService).snapshot();
    const at = (atMs: number) =>
      snapshot
        .listPrices({ modelId: model, providerId, organizationId: '', currency: 'USD', atMs })
        .priceOf('input', 0)?.unitPricePico;
    expect([at(Date.parse(later) - 1), at(Date.parse(later))]).toEqual([1_000_000n, 2_000_000n]);
    expect(
      (await api.call({ method: 'patch', path: `/prices/${first.body.id}`, body: { unit_price: '9' } }))
        .status,
    ).toBe(404);
    expect((await api.call({ method: 'delete', path: `/prices/${first.body.id}` })).status).toBe(404);
  });

  it('refuses to change the past, or to slip in before a price that is planned', async () => {
    const model = await newModel();
    const now = api.app.get(CatalogService).databaseNowMs();
    const iso = (ms: number): string => new Date(ms).toISOString();
    const backdated = await api.post('/prices', body({ model, valid_from: iso(now - 86_400_000) }));
    expect(backdated.status).toBe(201);
    for (const ms of [now - 1_000, now - 86_400_000, now - 90_000_000]) {
      const refused = await api.post('/prices', body({ model, valid_from: iso(ms) }));
      expect(refusalOf(refused)).toEqual(invalid('valid_from'));
    }
    expect((await api.post('/prices', body({ model, valid_from: iso(now + 60_000) }))).status).toBe(201);
    for (const valid_from of [undefined, iso(now + 30_000), iso(now + 60_000)]) {
      expect(refusalOf(await api.post('/prices', body({ model, valid_from })))).toEqual(
        invalid('valid_from'),
      );
    }
  });

  it('lets one of several prices through that begin at once, and refuses the others', async () => {
    const model = await newModel();
    const validFrom = new Date(api.app.get(CatalogService).databaseNowMs() + 60_000).toISOString();
    for (const round of ['first of all', 'over an open one']) {
      const valid_from = round === 'first of all' ? undefined : validFrom;
      const answers = await Promise.all(
        ['1', '2', '3', '4'].map((unit_price) =>
          api.post('/prices', body({ model, unit_price, valid_from })),
        ),
      );
      const accepted = answers.filter(({ status }) => status === 201);
      expect(accepted.length).toBeGreaterThanOrEqual(1);
      for (const { status, body: refusal } of answers.filter((answer) => answer.status !== 201)) {
        // Prices are written one after another: the next one is told that its start is taken.
        expect([status, (refusal as { error: { param: string | null } }).error.param]).toEqual([
          400,
          'valid_from',
        ]);
      }
    }
    const [overlaps] = await api.sql(
      `select count(*)::int as found from price_version a join price_version b
         on a.sku_id = b.sku_id and a.id < b.id and a.valid && b.valid`,
    );
    expect(overlaps).toEqual({ found: 0 });
  });

  it('waits for a price that is being written, and is measured against it', async () => {
    const model = await newModel();
    await api.post('/prices', body({ model }));
    const answer = await postAgainstRival(
      body({ model, unit_price: '5' }),
      `with ended as (
         update price_version p set valid = tstzrange(lower(valid), billing_now() + interval '1 hour')
         from sku s where s.id = p.sku_id and s.model_id = $1 returning p.sku_id, upper(p.valid) as at)
       insert into price_version (id, sku_id, unit_price_pico, valid, source, created_by)
       select $2, sku_id, 7, tstzrange(at, null), 'rival', 'rival' from ended`,
    );
    expect(refusalOf(answer)).toEqual(invalid('valid_from'));
  });

  it('follows the very first price that another transaction was writing', async () => {
    const model = await newModel();
    await api.sql(
      `insert into sku (kind, model_id, token_class, currency) values ('list', $1, 'input', 'USD')`,
      [model],
    );
    const answer = await postAgainstRival(
      body({ model }),
      `insert into price_version (id, sku_id, unit_price_pico, valid, source, created_by)
       select $2, id, 7, tstzrange(billing_now(), null), 'rival', 'rival' from sku where model_id = $1`,
    );
    expect(answer.status).toBe(201);
    const [rival] = await api.sql(
      `select (upper(p.valid) = $2::timestamptz) as ended from price_version p join sku s on s.id = p.sku_id
       where s.model_id = $1 and p.source = 'rival'`,
      [model, answer.body.valid_from],
    );
    expect(rival).toEqual({ ended: true });
  });

  /** Posts a price while a transaction that priced the same model is open, and commits that one first. */
  async function postAgainstRival(price: { model: string }, rivalSql: string): Promise<AdminAnswer> {
    const rival = new pg.Client({ connectionString: api.databaseUrl });
    await rival.connect();
    try {
      await rival.query('begin');
      await rival.query(rivalSql, [price.model, uuidv7()]);
      const pending = api.post('/prices', price);
      await untilWaiting(api);
      await rival.query('commit');
      return await pending;
    } finally {
      await rival.end();
    }
  }

  it('prefers a contract price, then one of the provider, class by class', async () => {
    const model = await newModel();
    await api.post('/prices', body({ model, unit_price: '3' }));
    await api.post('/prices', body({ model, token_class: 'output', unit_price: '15' }));
    await api.post('/prices', body({ model, provider: 'up', unit_price: '2' }));
    expect(priceAt(model, 'input')).toBe(2_000_000n);
    const contract = await api.post('/prices', body({ model, organization, unit_price: '1' }));
    expect(contract.body.organization).toBe(organization);
    expect([priceAt(model, 'input'), priceAt(model, 'output')]).toEqual([1_000_000n, 15_000_000n]);
    const listed = (query: string) => api.get(`/prices?model=${model}${query}`);
    expect((await listed('')).body.data).toHaveLength(4);
    expect((await listed(`&organization=${organization}`)).body.data).toEqual([contract.body]);
    expect((await listed('&provider=up')).body.data).toHaveLength(1);
    expect((await listed('&token_class=output&kind=list&current=true')).body.data).toHaveLength(1);
    expect((await listed('&kind=cost')).body.data).toEqual([]);
    expect(refusalOf(await listed('&provider=nobody'))).toEqual(invalid('provider'));
  });

  it('prices long prompts by their tier, once there is a lowest one', async () => {
    const model = await newModel();
    const tier = body({ model, tier_from: 200_001, unit_price: '4' });
    expect(refusalOf(await api.post('/prices', tier))).toEqual(invalid('tier_from'));
    await api.post('/prices', body({ model, unit_price: '2' }));
    expect((await api.post('/prices', tier)).body.tier_from).toBe(200_001);
    expect(priceAt(model, 'input', 200_000)).toBe(2_000_000n);
    expect(priceAt(model, 'input', 200_001)).toBe(4_000_000n);
  });

  it('prices a service tier, once there is a standard price', async () => {
    const model = await newModel();
    const flex = body({ model, service_tier: 'flex', unit_price: '1' });
    expect(refusalOf(await api.post('/prices', flex))).toEqual(invalid('service_tier'));
    expect((await api.post('/prices', body({ model, unit_price: '2' }))).body.service_tier).toBe('standard');
    expect((await api.post('/prices', flex)).body.service_tier).toBe('flex');
    const unknown = body({ model, service_tier: 'gold', unit_price: '1' });
    expect(refusalOf(await api.post('/prices', unknown))).toEqual(invalid('service_tier'));
    expect(priceAt(model, 'input', 0)).toBe(2_000_000n);
  });

  it('keeps cost prices to providers, and from customers', async () => {
    const model = await newModel();
    expect(refusalOf(await api.post('/prices', body({ model, kind: 'cost' })))).toEqual(invalid('provider'));
    const both = body({ model, kind: 'cost', provider: 'up', organization });
    expect(refusalOf(await api.post('/prices', both))).toEqual(invalid('organization'));
    expect((await api.post('/prices', body({ model, kind: 'cost', provider: 'up' }))).body.provider).toBe(
      'up',
    );
    expect(priceAt(model, 'input')).toBeUndefined();
  });

  const NUL = `3${String.fromCharCode(0)}`;
  it.each([
    ['model', [undefined, null, '', 'no/model', 5]],
    ['provider', ['', 'nobody', 5, 'prov_00000000000000000000000000000000']],
    ['kind', [undefined, null, 'sale', 1]],
    ['token_class', [undefined, null, 'tokens', 'reasoning', 1]],
    [
      'unit_price',
      [
        undefined,
        null,
        3,
        '',
        '-1',
        '+1',
        '1e3',
        '1,0',
        '0.0000001',
        '9999999999999999',
        '9223372036854.775807',
        'NaN',
        NUL,
        '1 ',
      ],
    ],
    ['currency', [undefined, null, 'usd', 'ZZZ', 'USDT', 1]],
    [
      'valid_from',
      [
        'now',
        '2027-02-30T00:00:00Z',
        '2027-01-01',
        1_800_000_000,
        '1999-01-01T00:00:00Z',
        '9999-12-31T23:59:59-23:59',
        '',
      ],
    ],
    ['organization', ['', 'acme', 'org_00000000000000000000000000000000', 5]],
    ['tier_from', [null, -1, 0.5, '0', 2_147_483_648]],
    ['unknown_field', [1]],
    ['source', ['x']],
  ])('refuses a bad %s, naming it', async (field, values) => {
    const model = await newModel();
    for (const value of values) {
      const refused = await api.post('/prices', body({ model, [field]: value }));
      expect({ value, ...refusalOf(refused) }).toEqual({ value, ...invalid(field) });
    }
    expect((await api.get(`/prices?model=${model}`)).body.data).toEqual([]);
  });

  it('lets owners, admins and finance enter prices, everybody read', async () => {
    const model = await newModel();
    for (const role of ['support', 'auditor'] as const) {
      expect((await api.post('/prices', body({ model }), role)).status).toBe(403);
      expect((await api.get('/prices', role)).status).toBe(200);
    }
    expect((await api.post('/prices', body({ model }), 'finance')).status).toBe(201);
    const [entry] = await api.sql(`select action, detail from audit_log order by id desc limit 1`);
    expect(entry).toEqual({ action: 'price.create', detail: { model, token_class: 'input', kind: 'list' } });
  });
});

/** Resolves once a statement of this database waits for a lock. */
async function untilWaiting(api: AdminApi): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const [row] = await api.sql(
      `select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (row?.['waiting'] !== 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nothing waits');
}
