import { AdminKeysService } from '../../../src/accounts/admin-keys/admin-keys.service.js';
import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { asArray, asObject, isObject, type JsonObject } from '../../../src/core/json.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { post, until, untilSettled } from '../../support/calls.js';
import { priceByHand } from '../../support/charges.js';
import { serveModel, setBalance, startGateway, type TestGateway } from '../../support/gateway.js';
import { brokenRules, giveCredit, readCalls, readWallet } from '../../support/money.js';
import { openCall } from '../../support/raw-call.js';
import { sendJson, startSearchService, type SearchService } from '../../support/search-service.js';
import { CHAT, EVERYWHERE, MESSAGES, SEARCH_MODELS, SEARCH_NANO } from '../../support/search-world.js';

const [CHAT_MODEL, MESSAGES_MODEL] = SEARCH_MODELS.map(([, { id }]) => id) as [string, string, string];
const FOUND = {
  title: 'Tea',
  url: 'https://tea.example/',
  highlight: 'Green tea is brewed at seventy degrees.',
};

let gateway: TestGateway;
let service: SearchService;
beforeAll(async () => {
  service = await startSearchService(() => undefined);
  gateway = await startGateway({
    balanceNano: 0n,
    env: {
      SEARCH_BACKEND: 'octen',
      SEARCH_URL: service.url,
      SEARCH_API_KEY: 'octen-key',
      SEARCH_TIMEOUT_MS: '2000',
    },
  });
  await giveCredit(gateway, 1_000_000_000_000n);
  for (const [, model] of SEARCH_MODELS) {
    const version = model.protocol === 'google-gemini' ? 'v1beta' : 'v1';
    await serveModel(gateway.pool, { ...model, baseUrl: `${gateway.simulator.baseUrl}/${version}` });
  }
  await gateway.api.app.get(CatalogService).refresh();
});
beforeEach(() => {
  gateway.simulator.reset();
  find(FOUND);
});
afterAll(async () => {
  await gateway.close();
  await service.close();
});

/** The search service finds this, `times` of it. */
const find = (page: object, times = 1): void => {
  service.answer = (_, response) =>
    sendJson(response, {
      code: 0,
      msg: 'success',
      data: { results: Array.from({ length: times }, () => page) },
    });
};
const list = (value: unknown): JsonObject[] => asArray(value).filter(isObject);
const search = (query = 'tea') => ({ name: 'octen_search', arguments: { query } });
const lastCall = async () => {
  await untilSettled(gateway);
  return (await readCalls(gateway.pool)).at(-1);
};
const holdOf = async (id: string | undefined) => {
  const { rows } = await gateway.pool.query<{ amount_nano: string; settled_nano: string }>(
    'select amount_nano, settled_nano from hold where id = $1',
    [id],
  );
  return { held: BigInt(rows[0]?.amount_nano ?? 0), settled: BigInt(rows[0]?.settled_nano ?? 0) };
};
const tokensByHand = (): bigint =>
  gateway.simulator.journal.reduce((sum, entry) => sum + priceByHand(entry), 0n);

describe('what a call with searches costs', () => {
  it.each(
    EVERYWHERE.flatMap(([name, route, model]) =>
      [false, true].map(
        (stream) => [`${name}, ${stream ? 'streamed' : 'whole'}`, route, model, stream] as const,
      ),
    ),
  )(
    'is the tokens of every upstream call and the searches, to the nano (%s)',
    async (_, route, model, stream) => {
      gateway.simulator.use({ times: 1, answer: { kind: 'model', toolCalls: [search('a'), search('b')] } });
      gateway.simulator.use({ times: 1, answer: { kind: 'model', toolCalls: [search('c')] } });
      const answer = await post(gateway, route.path, route.body(model, 'Tea?', { stream }));
      expect([answer.status, (await answer.text()).length > 0]).toEqual([200, true]);
      const call = await lastCall();
      expect(gateway.simulator.journal).toHaveLength(3);
      expect(call).toMatchObject({ status: 'completed', estimated: false, absorbed_nano: 0n });
      expect(call?.amount_nano).toBe(tokensByHand() + 3n * SEARCH_NANO);
      const { held, settled } = await holdOf(call?.request_id);
      expect(settled).toBe(call?.amount_nano);
      expect(held).toBeGreaterThan(settled);
    },
  );

  it('is told in the answer as it is charged', async () => {
    gateway.simulator.use({ times: 1, answer: { kind: 'model', toolCalls: [search()] } });
    const answer = await post(gateway, CHAT.path, CHAT.body(CHAT_MODEL, 'Tea?'));
    const { usage } = (await answer.json()) as { usage: { cost: number } };
    const call = await lastCall();
    expect(BigInt(Math.round(usage.cost * 1e9))).toBe(call?.amount_nano);
    expect(answer.headers.get('x-faregate-cost')).toBe((Number(call?.amount_nano) / 1e9).toFixed(9));
  });

  it('stands line by line in the admin API and in the usage report', async () => {
    gateway.simulator.use({ times: 1, answer: { kind: 'model', toolCalls: [search(), search()] } });
    await (await post(gateway, MESSAGES.path, MESSAGES.body(MESSAGES_MODEL, 'Tea?'))).text();
    const call = await lastCall();
    const keys = gateway.api.app.get(AdminKeysService);
    const { secret } = await keys.create(systemActor('test'), { name: 'test', role: 'owner' });
    const get = (path: string) =>
      fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${secret}` } });
    const id = `req_${call?.request_id.replaceAll('-', '')}`;
    const detail = (await (await get(`/admin/v1/requests/${id}`)).json()) as JsonObject;
    expect(list(detail['attempts'])).toHaveLength(2);
    expect(list(asObject(detail['charge'])?.['lines'])).toContainEqual(
      expect.objectContaining({
        token_class: 'search',
        quantity: '2',
        unit_price: '0.001000000000',
        unit_price_per: 'call',
        amount: '0.002000000',
        arithmetic: '2 × 0.001000000000 = 0.002000000000 → 0.002000000',
      }),
    );
    expect(await brokenRules(gateway)).toEqual([]);
    const report = await get(
      '/finance/v1/reports/usage?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&format=csv',
    );
    const rows = (await report.text())
      .split('\r\n')
      .filter((row) => row.includes(id) || row.includes(String(call?.request_id)));
    expect(rows.some((row) => /,search,2,requests,/.test(row))).toBe(true);
  });
});

describe('a search that does not come to anything', () => {
  it.each(EVERYWHERE)(
    'is free when the backend is down, and the model is told so (%s)',
    async (_, route, model) => {
      service.answer = (__, response) => sendJson(response, { code: 500, msg: 'Internal error' }, 500);
      gateway.simulator.use({ times: 1, answer: { kind: 'model', toolCalls: [search()] } });
      const answer = await post(gateway, route.path, route.body(model, 'Tea?'));
      const json = (await answer.json()) as JsonObject;
      expect(answer.status).toBe(200);
      expect(JSON.stringify(gateway.simulator.journal.at(-1)?.body)).toContain(
        'The search could not be run.',
      );
      expect(route.searchesIn(asObject(json['usage']) ?? {})).toBeUndefined();
      expect(JSON.stringify(json['search_results'] ?? [])).toBe('[]');
      if (route === MESSAGES)
        expect(JSON.stringify(json['content'])).toContain('web_search_tool_result_error');
      expect((await lastCall())?.amount_nano).toBe(tokensByHand());
    },
  );

  it('is free when the caller hangs up meanwhile; the upstream call before it is paid', async () => {
    service.answer = () => undefined;
    service.requests.length = 0;
    for (const stream of [false, true]) {
      gateway.simulator.reset();
      gateway.simulator.use({ times: 1, answer: { kind: 'model', toolCalls: [search()] } });
      const known = (await readCalls(gateway.pool)).length;
      const call = openCall(gateway, CHAT.path, CHAT.body(CHAT_MODEL, 'Tea?', { stream }));
      const before = service.requests.length;
      await until(
        async () => service.requests.length,
        (count) => count > before,
      );
      call.hangUp();
      await until(
        () => readCalls(gateway.pool),
        (calls) => calls.length > known,
      );
      expect(await lastCall()).toMatchObject({ status: 'aborted', amount_nano: tokensByHand() });
      expect(gateway.simulator.journal).toHaveLength(1);
    }
  });

  it('is paid when it was done before a later upstream call failed nothing of', async () => {
    gateway.simulator.use({ times: 1, answer: { kind: 'model', toolCalls: [search()] } });
    gateway.simulator.use({ answer: { kind: 'error', status: 400, message: 'no' } });
    const answer = await post(gateway, CHAT.path, CHAT.body(CHAT_MODEL, 'Tea?'));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    // The charge table: a call that was not served costs nothing, whatever was done for it.
    expect(await lastCall()).toMatchObject({ status: 'failed', amount_nano: 0n });
  });
});

describe('the hold of a call with searches', () => {
  it('covers the worst that can come: every search, pages as large as they may be, all the output', async () => {
    const text = 'ab1 '.repeat(3_000);
    find({ ...FOUND, title: text, highlight: text, full_content: text }, 12);
    gateway.simulator.use({ answer: { kind: 'model', toolCalls: [search()], text: 'x '.repeat(40) } });
    const parameters = {
      max_searches: 3,
      count: 12,
      highlight: { enable: true, max_tokens: 500 },
      full_content: { enable: true, max_tokens: 700 },
    };
    for (const [, { id: model }] of SEARCH_MODELS) {
      const body = CHAT.body(model, 'Tea?', {
        tools: [{ type: 'octen_search', parameters }],
        max_tokens: 400,
      });
      expect((await post(gateway, CHAT.path, body)).status).toBe(200);
      const call = await lastCall();
      const { held, settled } = await holdOf(call?.request_id);
      expect(settled).toBeLessThanOrEqual(held);
      expect(call?.absorbed_nano).toBe(0n);
    }
  });

  it('buys fewer searches from a short balance, says so, and never takes more than there is', async () => {
    gateway.simulator.use({ answer: { kind: 'model', toolCalls: [search()] } });
    const seen = new Set<number>();
    for (const balanceNano of [40_000_000n, 120_000_000n, 300_000_000n, 900_000_000n, 3_000_000_000n]) {
      await setBalance(gateway.pool, gateway.tenant, balanceNano);
      const answer = await post(gateway, CHAT.path, CHAT.body(CHAT_MODEL, 'Tea?', { max_tokens: 300 }));
      expect(answer.status).toBe(200);
      const json = (await answer.json()) as JsonObject;
      const searches = list(json['search_results']).length;
      seen.add(searches);
      if (searches < 5)
        expect(json['warning']).toMatch(
          /tools\.octen_search.*which is what the balance covers|covers no search/,
        );
      else expect(json['warning']).toBeUndefined();
      expect(await lastCall()).toMatchObject({ status: 'completed', absorbed_nano: 0n });
      const { balanceNano: left, heldNano } = await readWallet(gateway);
      expect([left >= 0n, heldNano]).toEqual([true, 0n]);
    }
    expect(seen.size).toBeGreaterThan(2);
    expect(seen.has(5)).toBe(true);
  });

  it('refuses a forced search that the balance does not cover', async () => {
    await setBalance(gateway.pool, gateway.tenant, 40_000_000n);
    const body = CHAT.body(CHAT_MODEL, 'Tea?', { tool_choice: { type: 'octen_search' }, max_tokens: 300 });
    expect((await post(gateway, CHAT.path, body)).status).toBe(402);
  });
});
