import { appendFileSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { placeHolds, settlementOf, type CallJson } from '../../support/builders/call.builder.js';
import { createModel } from '../../support/builders/catalog.builder.js';
import { until } from '../../support/calls.js';
import { createWorld, type GatewayWorld } from '../../support/gateway.js';
import { priceInJournal, startLoad, type SeenCall } from '../../support/load.js';
import { brokenRules, giveCredit, readCalls, readCount, readWallet } from '../../support/money.js';
import { startApiProcess, type ApiProcess } from '../../support/processes.js';
import { newSeed, randomNumbers } from '../../support/random.js';

const CREDIT = 1_000_000_000_000n;
const ROUNDS = 4;
const LANES = 40;

describe('an API process that dies', () => {
  let world: GatewayWorld;
  let api: ApiProcess;
  beforeEach(async () => {
    world = await createWorld({ balanceNano: 0n, env: { HOLD_TTL_SECONDS: '1' } });
    await giveCredit(world, CREDIT);
  });
  afterEach(async () => {
    await api.kill();
    await world.close();
  });

  const journalFiles = (): string[] =>
    readdirSync(world.journalDir)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => path.join(world.journalDir, name));
  const openHolds = (): Promise<number> =>
    readCount(world.pool, `select count(*) from hold where state = 'open'`);
  const sweep = async (): Promise<number> => {
    const { rowCount } = await world.pool.query('select * from sweep_holds(1000)');
    return rowCount ?? 0;
  };
  const chargeOf = (requestId: string | undefined): Promise<number> =>
    readCount(world.pool, `select coalesce(sum(amount_nano), -1) from usage_event where request_id = $1`, [
      requestId,
    ]);

  it('killed again and again under load, loses no answered call, charges none twice, and leaves nothing open', async () => {
    const seed = newSeed();
    const random = randomNumbers(seed);
    world.simulator.use({ answer: { kind: 'model' }, pacing: { firstByteDelayMs: 5, chunkDelayMs: 4 } });
    const answered: SeenCall[] = [];
    let broken = 0;
    for (let round = 0; round < ROUNDS; round++) {
      api = await startApiProcess(world);
      const load = startLoad({ url: api.url, secret: world.secret }, LANES, random);
      await until(
        () => Promise.resolve(load.seen.length),
        (count) => count >= LANES,
      );
      await new Promise((resolve) => setTimeout(resolve, random(600)));
      await api.kill();
      for (const call of await load.stop()) {
        if (call.complete) answered.push(call);
        else broken += 1;
      }
      // What a crash in the middle of a write leaves.
      for (const file of journalFiles()) if (random(2) === 0) appendFileSync(file, '{"hold":"0190');
    }
    console.info(`seed ${seed}: ${answered.length} answered, ${broken} broken off`);
    expect(broken).toBeGreaterThan(ROUNDS);
    api = await startApiProcess(world);
    const unsettled = async (): Promise<SeenCall[]> => {
      const { rows } = await world.pool.query<{ request_id: string }>('select request_id from usage_event');
      const settled = new Set(rows.map(({ request_id }) => request_id));
      return answered.filter(({ requestId }) => !settled.has(requestId ?? ''));
    };
    // The journals alone bring every answered call home; the sweep has not run.
    await until(unsettled, (calls) => calls.length === 0);
    await world.simulator.idle();
    const wrong = [];
    for (const { marker, requestId } of answered) {
      const [charged, expected] = [
        await chargeOf(requestId),
        priceInJournal(world.simulator.journal, marker),
      ];
      if (BigInt(charged) !== expected) wrong.push({ marker, charged, expected });
    }
    expect({ seed, wrong }).toEqual({ seed, wrong: [] });
    await world.pool.query(
      `update gateway_process set seen_at = billing_now() - interval '1 minute'
       where id <> (select id from gateway_process order by started_at desc limit 1)`,
    );
    await until(
      async () => (await sweep(), openHolds()),
      (open) => open === 0,
    );
    const charged = (await readCalls(world.pool)).reduce((sum, { amount_nano }) => sum + amount_nano, 0n);
    expect(await readWallet(world)).toEqual({ balanceNano: CREDIT - charged, heldNano: 0n });
    expect(await brokenRules(world)).toEqual([]);
  }, 85_000);

  it('leaves a journal whose good lines are all settled, whatever stands between them', async () => {
    const model = await createModel(world.pool);
    const { keyId } = world.tenant;
    const placed = await placeHolds(
      world.pool,
      Array.from({ length: 5 }, () => ({ keyId, model, amountNano: 1_000_000n })),
    );
    const lines = placed.map(({ hold }) => settlementOf(hold, model, { input: 10, output: 5 }));
    const refused = lines[2] as CallJson & { lines: { amount: string }[] };
    for (const line of refused.lines) line.amount = '1';
    const texts = lines.map((line) => JSON.stringify(line));
    texts.splice(1, 0, '{"hold":"0190');
    const file = path.join(world.journalDir, 'settlements-of-the-dead.jsonl');
    writeFileSync(file, texts.join('\n'));
    utimesSync(file, 1_000, 1_000);
    api = await startApiProcess(world);
    await until(openHolds, (open) => open === 1);
    expect((await readCalls(world.pool)).map(({ amount_nano }) => amount_nano)).toEqual(
      Array(4).fill(BigInt(lines[0]?.amount ?? 0)),
    );
    // The line that the database refuses, and the one that nobody can read, are kept for a person to look at, and said so.
    await until(
      () => Promise.resolve(readdirSync(world.journalDir)),
      (names) => !names.includes('settlements-of-the-dead.jsonl'),
    );
    expect(readFileSync(`${file}.refused`, 'utf8')).toBe(`{"hold":"0190\n${JSON.stringify(refused)}\n`);
    for (const line of [
      new RegExp(`settlement of ${refused.hold} is refused`),
      /1 settlements are refused by the database and kept in .*\.refused/,
      /1 lines that were cut short/,
    ])
      await until(
        () => Promise.resolve(line.test(api.output())),
        (isSaid) => isSaid,
      );
    await world.pool.query(`update hold set expires_at = billing_now() where state = 'open'`);
    expect(await sweep()).toBe(1);
    expect(await brokenRules(world)).toEqual([]);
  }, 60_000);
});
