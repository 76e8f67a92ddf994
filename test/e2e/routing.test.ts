import type { JsonObject } from '../../src/core/json.js';
import type { HealthState } from '../../src/routing/deployment-health.js';
import { HealthStore } from '../../src/routing/health.store.js';
import { Statements } from '../support/statements.js';
import { untilSettled } from '../support/calls.js';

const SHARED = 'test/shared';
const BACKUP = 'test/backup';
const LAST = 'test/last';
const PATIENT = 'test/patient';
const LONELY = 'test/lonely';
const TWINS = 'test/twins';
const SMALL = 'test/small';

const dearer = { input: 6_000_000n, output: 30_000_000n };
const ask = (more: JsonObject = {}): JsonObject => ({
  model: SHARED,
  max_tokens: 200,
  messages: [{ role: 'user', content: 'Hello.' }],
  ...more,
});

interface Row {
  status: string;
  model: string;
  route: JsonObject | null;
  amount: string | null;
  attempts: { outcome: string; status: number; model: string }[];
}

let world: Statements;
beforeAll(async () => {
  world = await Statements.start('standard', [
    { id: SHARED, upstreamModel: 'one', slug: 'first', set: { deployment: { priority: 5 } } },
    {
      id: SHARED,
      upstreamModel: 'two',
      slug: 'second',
      set: { provider: { eu_native: true }, deployment: { priority: 1 } },
    },
    { id: BACKUP, upstreamModel: 'backup', slug: 'backup', prices: dearer },
    { id: LAST, upstreamModel: 'last', slug: 'last' },
    { id: LONELY, upstreamModel: 'lonely', slug: 'lonely' },
    { id: PATIENT, upstreamModel: 'patient', slug: 'patient' },
    { id: TWINS, upstreamModel: 'twin', slug: 'castor' },
    { id: TWINS, upstreamModel: 'twin', slug: 'pollux' },
    { id: SMALL, upstreamModel: 'small', slug: 'tiny', set: { deployment: { priority: 9 } } },
    { id: SMALL, upstreamModel: 'large', slug: 'roomy' },
  ]);
  const { pool } = world.gateway;
  await pool.query(
    `update deployment set context_window = 1000, max_output_tokens = 100 where upstream_model = 'small'`,
  );
  await pool.query(`update model set fallback_model = $2 where id = $1`, [SHARED, BACKUP]);
  await pool.query(`update model set fallback_model = $2 where id = $1`, [LONELY, BACKUP]);
  await pool.query(`update model set fallback_model = $2 where id = $1`, [BACKUP, LAST]);
  await pool.query('update catalog_version set version = version + 1');
  await world.reloadCatalogue();
});
afterAll(() => world.close());
beforeEach(() => {
  world.begin();
  // What one test broke is well again for the next.
  world.gateway.api.app.get(HealthStore)['states'].clear();
});

/** A rule for one upstream model. */
const fail = (model: string, status: number, times?: number): void =>
  world.gateway.simulator.use({ match: { model }, times, answer: { kind: 'error', status } });
const asked = (): unknown[] =>
  world.gateway.simulator.journal.map(({ body }) => (body as JsonObject)['model']);
async function lastRow(): Promise<Row> {
  await untilSettled(world.gateway);
  const { rows } = await world.gateway.pool.query<Row>(
    `select r.status, r.model_id as model, r.route, e.amount_nano as amount,
       (select json_agg(json_build_object('outcome', a.outcome, 'status', a.status, 'model', a.upstream_model) order by a.seq)
        from attempt a where a.request_id = r.id) as attempts
     from request r left join usage_event e on e.request_id = r.id order by r.id desc limit 1`,
  );
  return rows[0] as Row;
}

describe('a call whose first choice fails', () => {
  it('statement 88: is served by the next provider at once; only that one is paid', async () => {
    fail('one', 500, 1);
    const answer = await world.chat(ask());
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-faregate-provider')).toBe('second');
    expect(asked()).toEqual(['one', 'two']);
    const row = await lastRow();
    expect(row.attempts).toMatchObject([
      { outcome: 'failed', status: 500 },
      { outcome: 'served', status: 200 },
    ]);
    expect(Number(row.amount)).toBeGreaterThan(0);
  });

  it('statement 88: gets a provider’s error about its parameters at once', async () => {
    fail('one', 400);
    expect((await world.chat(ask())).status).toBe(400);
    expect(asked()).toEqual(['one']);
  });

  it.each([
    [400, 400],
    [408, 504],
    [504, 504],
    [524, 504],
  ])('statement 69: is not tried again after a %i', async (status, told) => {
    fail('one', status);
    const answer = await world.chat(ask({ enable_model_fallback: false }));
    expect(answer.status).toBe(told);
    expect(asked()).toEqual(['one']);
  });

  it('statement 69: moves to the next priority tier with each retry', async () => {
    fail('one', 500);
    fail('two', 500, 1);
    await world.chat(ask({ enable_model_fallback: false }));
    expect(asked().slice(0, 2)).toEqual(['one', 'two']);
  });

  it('is asked again where there is nobody else, three times in all', async () => {
    fail('patient', 500);
    expect((await world.chat(ask({ model: PATIENT }))).status).toBe(502);
    expect(asked()).toEqual(['patient', 'patient', 'patient']);
  });

  it('is never tried again once the caller has seen anything of an answer', async () => {
    world.gateway.simulator.use({ answer: { kind: 'model' }, pacing: { errorAfterFrames: 2 } });
    const answer = await world.chat(ask({ stream: true }));
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('[DONE]');
    expect(asked()).toHaveLength(1);
    expect(await lastRow()).toMatchObject({ status: 'failed', amount: null });
  });
});

describe('a model that nobody can serve', () => {
  it('statement 89: is answered by its fallback, named and billed as what served', async () => {
    fail('one', 500);
    fail('two', 500);
    const answer = await world.chat(ask());
    expect(answer.json['model']).toBe(BACKUP);
    expect(answer.headers.get('x-faregate-model')).toBe(BACKUP);
    const row = await lastRow();
    expect(row.model).toBe(BACKUP);
    const { prompt_tokens: input, completion_tokens: output } = answer.json['usage'] as Record<
      string,
      number
    >;
    expect(Number(row.amount)).toBe((input ?? 0) * 6_000 + (output ?? 0) * 30_000);
  });

  it('statement 89: fails at once where fallback is switched off, and with the last error where all fail', async () => {
    for (const model of ['one', 'two']) fail(model, 503);
    expect((await world.chat(ask({ enable_model_fallback: false }))).status).toBe(503);
    expect(asked()).not.toContain('backup');
    world.begin();
    for (const model of ['lonely', 'backup']) fail(model, 503);
    fail('last', 429);
    expect((await world.chat(ask({ model: LONELY }))).status).toBe(429);
    expect(asked()).toEqual(['lonely', 'backup', 'last']);
    expect(await lastRow()).toMatchObject({ status: 'failed', amount: null });
  });

  it('takes the caller’s own list of models before the catalogue’s, and refuses a name nobody knows', async () => {
    for (const model of ['one', 'two', 'backup']) fail(model, 500);
    expect((await world.chat(ask({ models: [LAST] }))).json['model']).toBe(LAST);
    expect(await world.chat(ask({ models: ['test/nobody'] }))).toMatchObject({
      status: 400,
      json: { error: { param: 'models' } },
    });
  });

  it('keeps every promise on a fallback, too: nobody outside the EU answers', async () => {
    fail('two', 500);
    const answer = await world.chat(ask({ eu_native: true }));
    expect(answer.status).toBe(502);
    expect(new Set(asked())).toEqual(new Set(['two']));
    const { route } = await lastRow();
    expect(route).toMatchObject({
      conditions: { eu_native: true },
      candidates: [{ provider: 'second', eu_native: true }],
    });
  });
});

describe('the provider object', () => {
  const served = async (provider: JsonObject): Promise<string | number> => {
    const answer = await world.chat(ask({ provider }));
    return answer.headers.get('x-faregate-provider') ?? answer.status;
  };

  it('orders, restricts and excludes providers', async () => {
    expect(await served({ order: ['second'] })).toBe('second');
    expect(await served({ only: ['second'] })).toBe('second');
    expect(await served({ ignore: ['first'] })).toBe('second');
    expect(await served({ only: ['nobody'] })).toBe(400);
    expect(await served({ data_collection: 'deny' })).toBe(404);
    expect(await served({ max_price: { prompt: 0.001 } })).toBe(404);
    expect(await served({ sort: 'best' })).toBe(400);
  });

  it('tries nobody else where fallbacks are not allowed', async () => {
    fail('one', 500);
    expect(await served({ allow_fallbacks: false })).toBe(502);
    expect(new Set(asked())).toEqual(new Set(['one']));
  });
});

describe('the limits of a deployment', () => {
  it('statement 87: more context or output than a provider gives excludes it', async () => {
    const served = async (more: JsonObject): Promise<string | null> =>
      (await world.chat(ask({ model: SMALL, ...more }))).headers.get('x-faregate-provider');
    expect(await served({ max_tokens: 50 })).toBe('tiny');
    expect(await served({ max_tokens: 101 })).toBe('roomy');
    expect(
      await served({ max_tokens: 50, messages: [{ role: 'user', content: 'word '.repeat(4_000) }] }),
    ).toBe('roomy');
  });
});

describe('an upstream that is ill', () => {
  it('is left out after five failures in a row, and an admin sees it', async () => {
    fail('one', 500);
    for (let call = 0; call < 6; call++) await world.chat(ask());
    world.gateway.simulator.reset();
    expect((await world.chat(ask())).headers.get('x-faregate-provider')).toBe('second');
    expect(asked()).toEqual(['two']);
  });

  /** Calls until every one of these upstreams is ejected; whom the next call asks. */
  const whenEjected = async (more: JsonObject, ...models: string[]): Promise<unknown[]> => {
    for (const model of models) fail(model, 500);
    for (let call = 0; call < 5; call++) await world.chat(ask(more));
    world.begin();
    await world.chat(ask(more));
    return asked();
  };
  const states = (): Map<string, HealthState> =>
    (world.gateway.api.app.get(HealthStore) as unknown as { states: Map<string, HealthState> }).states;
  /** As time passes. */
  const endEjections = (): void => {
    for (const [key, state] of states())
      if (state.ejectedUntilMs > 0) states().set(key, { ...state, ejectedUntilMs: 1 });
  };

  it('statement 89: is not waited for where a fallback model is well, until its ejection is over', async () => {
    expect(await whenEjected({ model: LONELY }, 'lonely')).toEqual(['backup']);
    expect(await lastRow()).toMatchObject({ status: 'completed', model: BACKUP });
    endEjections();
    world.begin();
    for (let call = 0; call < 2; call++) await world.chat(ask({ model: LONELY }));
    expect(asked()).toEqual(['lonely', 'lonely']);
  });

  it('statement 89: nor are all deployments of a model together', async () => {
    expect(await whenEjected({}, 'one', 'two')).toEqual(['backup']);
  });

  it('is tried last where its fallback fails, and first where the fallbacks are no better', async () => {
    await whenEjected({ model: LONELY }, 'lonely');
    world.begin();
    for (const model of ['backup', 'last']) fail(model, 500, 1);
    expect((await world.chat(ask({ model: LONELY }))).json['model']).toBe(LONELY);
    expect(asked()).toEqual(['backup', 'last', 'lonely']);
    states().clear();
    await whenEjected({ model: LAST }, 'last');
    await whenEjected({ model: BACKUP }, 'backup', 'last');
    expect(await whenEjected({ model: LONELY }, 'lonely', 'backup', 'last')).toEqual(['lonely']);
  });

  it('is asked all the same for a caller who wants no other model', async () => {
    await whenEjected({ model: LONELY }, 'lonely');
    world.begin();
    await world.chat(ask({ model: LONELY, enable_model_fallback: false }));
    expect(asked()).toEqual(['lonely']);
  });

  it('is tried by one call when its ejection is over, however many come at once', async () => {
    await whenEjected({}, 'one');
    endEjections();
    world.begin();
    world.gateway.simulator.use({
      match: { model: 'one' },
      answer: { kind: 'model' },
      pacing: { firstByteDelayMs: 500 },
    });
    await Promise.all([1, 2, 3, 4].map(() => world.chat(ask())));
    expect(asked().filter((model) => model === 'one')).toHaveLength(1);
    world.begin();
    await world.chat(ask());
    expect(asked()).toEqual(['one']);
  });
});

describe('a conversation', () => {
  it('stays with the deployment that holds its prompt cache, and its row says what that saved', async () => {
    const long = 'All about the weather in the north. '.repeat(400);
    const turn = (): Promise<{ headers: Headers }> =>
      world.chat(
        ask({
          model: TWINS,
          prompt_cache_key: 'talk-1',
          messages: [{ role: 'system', content: long }, ...(ask()['messages'] as JsonObject[])],
        }),
      );
    const first = (await turn()).headers.get('x-faregate-provider');
    // Until a cache was seen, the twins share by weight.
    let holder = first;
    for (let call = 0; call < 4; call++) holder = (await turn()).headers.get('x-faregate-provider');
    const served = [];
    for (let call = 0; call < 6; call++) served.push((await turn()).headers.get('x-faregate-provider'));
    expect(new Set(served)).toEqual(new Set([holder]));
    const { route } = await lastRow();
    expect(route).toMatchObject({ sticky: true });
    expect(Number(route?.['saved'])).toBeGreaterThan(0);
  });
});
