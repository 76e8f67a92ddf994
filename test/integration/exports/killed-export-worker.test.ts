import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Pool } from 'pg';
import { uuidv7 } from '../../../src/core/ids.js';
import { createModel } from '../../support/builders/catalog.builder.js';
import { until } from '../../support/calls.js';
import { createWorld, type GatewayWorld } from '../../support/gateway.js';
import { readCount } from '../../support/money.js';
import { startWorkerProcess, type ProductProcess } from '../../support/processes.js';
import { createTestRedis } from '../../support/redis.js';
import { insertUsage } from '../../support/usage-at-size.js';

const EVENTS = 12_000;

interface Line {
  event_id: string;
  amount: string;
}

describe('a worker that writes an export', () => {
  let world: GatewayWorld;
  let pool: Pool;
  let dir: string;
  const running: ProductProcess[] = [];

  beforeAll(async () => {
    world = await createWorld({ balanceNano: 0n });
    pool = world.pool;
    const model = await createModel(pool, {
      currency: world.tenant.currency,
      prices: [
        ['input', 3_000_333n, 2_000_000n],
        ['output', 15_000_000n, 10_000_000n],
      ],
    });
    await insertUsage(pool, { tenant: world.tenant, model, events: EVENTS, from: '2026-10-01T00:00:00Z' });
  }, 60_000);
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'faregate-exports-'));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((worker) => worker.kill()));
    rmSync(dir, { recursive: true, force: true });
  });
  afterAll(() => world.close());

  const startWorker = async (env: Record<string, string> = {}): Promise<ProductProcess> => {
    const worker = await startWorkerProcess(world, { EXPORT_DIR: dir, ...env });
    running.push(worker);
    return worker;
  };
  /** Straight into the table: nobody nudges, and no job is ever added for it. */
  const order = async (): Promise<string> => {
    const id = uuidv7();
    await pool.query(
      `insert into export (id, report, format, parameters, created_by, idempotency_key) values ($1::uuid, 'usage', 'jsonl', $2, 'test', $1::uuid::text)`,
      [id, JSON.stringify({ from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' })],
    );
    return id;
  };
  const stateOf = async (id: string) => {
    const { rows } = await pool.query(
      'select status, tries, storage_key, manifest from export where id = $1',
      [id],
    );
    return rows[0] as {
      status: string;
      tries: number;
      storage_key: string;
      manifest: { rows: number; sums: { column: string; sum: string }[]; files: { sha256: string }[] };
    };
  };
  const names = (): string[] =>
    readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes(path.sep));
  const partBytes = (): number =>
    names().reduce((sum, name) => sum + (name.endsWith('.part') ? sizeOf(path.join(dir, name)) : 0), 0);
  const expectWhole = async (id: string): Promise<void> => {
    const { manifest, storage_key: key } = await stateOf(id);
    const bytes = readFileSync(path.join(dir, key));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(manifest.files[0]?.sha256);
    const lines = bytes
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
    expect(lines).toHaveLength(manifest.rows);
    expect(new Set(lines.map((line) => line.event_id)).size).toBe(EVENTS);
    const sum = lines.reduce((total, { amount }) => total + BigInt(amount.replace('.', '')), 0n);
    expect(sum).toBe(BigInt(await readText(`select sum(amount_nano)::text as text from usage_event`)));
    expect(manifest.sums.find(({ column }) => column === 'amount')?.sum.replace('.', '')).toBe(String(sum));
  };
  const readText = async (sql: string): Promise<string> =>
    (await pool.query<{ text: string }>(sql)).rows[0]?.text ?? '';

  it('killed with SIGKILL in the middle leaves the export to the next, which finishes it once; what the first had written goes', async () => {
    const id = await order();
    const victim = await startWorker();
    await until(
      async () => partBytes(),
      (bytes) => bytes > 0,
      20_000,
    );
    await victim.kill();
    expect(await stateOf(id)).toMatchObject({ status: 'running', tries: 1, storage_key: null });
    expect(names()).toEqual([expect.stringMatching(/\.part$/)]);
    // As time passes: the lease of the dead ends.
    await pool.query(`update export set leased_until = billing_now() - interval '1 second' where id = $1`, [
      id,
    ]);
    await Promise.all([startWorker(), startWorker()]);
    await until(
      () => stateOf(id),
      ({ status }) => status === 'ready',
      30_000,
    );
    expect(await stateOf(id)).toMatchObject({ tries: 2 });
    await until(
      async () => names().length,
      (files) => files === 1,
      5_000,
    );
    await expectWhole(id);
  }, 90_000);

  it('finds exports whose job was lost with the queue, and two of them write each once', async () => {
    const redis = createTestRedis();
    try {
      const ids = [await order(), await order()];
      const env = { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix };
      await Promise.all([startWorker(env), startWorker(env)]);
      await until(
        () =>
          readCount(
            pool,
            `select count(*) from export where id = any ('{${ids.join(',')}}') and status = 'ready'`,
          ),
        (ready) => ready === ids.length,
        40_000,
      );
      expect(names()).toHaveLength(ids.length);
      for (const id of ids) {
        expect(await stateOf(id)).toMatchObject({ tries: 1 });
        await expectWhole(id);
      }
    } finally {
      await redis.drop();
    }
  }, 90_000);
});

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
