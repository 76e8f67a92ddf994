import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { startSimulator, type Simulator } from '../../src/embedded/simulator/simulator.js';
import { createTenant } from '../support/builders/tenant.builder.js';
import { priceByHand } from '../support/charges.js';
import { createSecret, serveModel } from '../support/gateway.js';
import { makeCall, type SeenCall } from '../support/load.js';
import { brokenRules, giveCredit, readCalls, readCount, readWallet } from '../support/money.js';
import { newSeed, randomNumbers } from '../support/random.js';
import { allFaults } from './fault-table.js';
import { CREDIT, FaultWorld } from './fault-world.js';
import { COLLECTS_GARBAGE, percentile, readVitals, type Vitals, type Watched } from './vitals.js';

const seed = Number(process.env['FAULT_SEED'] ?? newSeed());
const random = randomNumbers(seed);
const setting = (name: string, fallback: number) => Number(process.env[name] ?? fallback);
const FAULT_MS = setting('SOAK_MINUTES', 10) * 60_000;
const EVERY_MS = setting('SOAK_EVERY_SECONDS', 10) * 1_000;
/** Before the faults, so that processes have warmed up, and after them, so that pools have let go. */
const QUIET_MS = setting('SOAK_QUIET_SECONDS', 60) * 1_000;
const WATCHED_SECONDS = 15;
const LANES = 4;
/** Models of the bystander, on an upstream that nobody breaks. */
const OWN_MODELS = ['bystander/chat', 'bystander/messages'];

/** What vendors take at least: the bystander's answers take some 300 ms. */
const PACE = { firstByteDelayMs: 150, chunkDelayMs: 8 };

describe(`a soak of ${FAULT_MS / 60_000} minutes with a fault every ${EVERY_MS / 1_000} s (FAULT_SEED=${seed})`, () => {
  let stage: FaultWorld;
  let own: Simulator;
  let metricsUrl: string;
  const bystander = { tenant: undefined as never as Awaited<ReturnType<typeof createTenant>>, secret: '' };

  beforeAll(async () => {
    console.info(`FAULT_SEED=${seed}`);
    const port = await freePort();
    metricsUrl = `http://127.0.0.1:${port}/metrics`;
    stage = await FaultWorld.start({
      env: { HOLD_TTL_SECONDS: '30', ...COLLECTS_GARBAGE },
      second: { reachesDatabase: true, worker: { METRICS_PORT: String(port) } },
    });
    own = await startSimulator();
    for (const simulator of [own, stage.world.simulator])
      simulator.use({ answer: { kind: 'model' }, pacing: PACE });
    const { pool, database } = stage.world;
    bystander.tenant = await createTenant(pool, { name: 'Bystander' });
    bystander.secret = await createSecret(pool, bystander.tenant.keyId);
    // A limit that it never reaches, so that its calls ask Redis too.
    await pool.query('update api_key set rate_limits = $2 where id = $1', [
      bystander.tenant.keyId,
      { requests_per_minute: 1_000_000 },
    ]);
    await giveCredit({ database, pool, tenant: bystander.tenant }, CREDIT);
    const baseUrl = `${own.baseUrl}/v1`;
    const [chat = '', messages = ''] = OWN_MODELS;
    await serveModel(pool, { id: chat, protocol: 'openai-chat', upstreamModel: 'gpt-5.5', baseUrl });
    const protocol = 'anthropic-messages';
    await serveModel(pool, { id: messages, protocol, upstreamModel: 'claude-opus-4-8', baseUrl });
    await pause(2_000); // the catalogue is read every second
  }, 90_000);
  afterAll(async () => {
    await stage.close();
    await own.close();
  }, 30_000);

  it(
    'leaves memory, sockets and event loop as they were, and a customer who needs no broken part unharmed',
    async () => {
      let isOver = false;
      const affected: SeenCall[] = [];
      let quiet: SeenCall[] = [];
      const seen: SeenCall[] = [];
      const lane = async (calls: () => SeenCall[], call: () => Promise<SeenCall>): Promise<void> => {
        while (!isOver) {
          const one = await call();
          calls().push(one);
          if (!one.complete) await pause(100);
        }
      };
      const { secret } = stage.world;
      let isQuiet = true;
      const lanes = Array.from({ length: LANES }, (_, index) => [
        lane(
          () => affected,
          () => makeCall({ url: stage.apis[index % 2]?.url ?? '', secret }, random),
        ),
        lane(
          () => (isQuiet ? quiet : seen),
          () => makeCall({ url: stage.apis[1]?.url ?? '', secret: bystander.secret }, random, OWN_MODELS),
        ),
      ]).flat();

      const watched: Watched[] = [
        { name: 'API', metricsUrl: `${stage.apis[1]?.url}/metrics`, signal: (s) => stage.apis[1]?.signal(s) },
        { name: 'worker', metricsUrl, signal: (s) => stage.workers[1]?.signal(s) },
      ];
      const vitals = () => Promise.all(watched.map((one) => readVitals(one, WATCHED_SECONDS)));
      await pause(QUIET_MS / 2);
      quiet = []; // the first calls found everything cold
      await pause(QUIET_MS / 2 - WATCHED_SECONDS * 1_000);
      const before = await vitals();
      isQuiet = false;
      const faults = await breakParts(stage);
      await pause(QUIET_MS - WATCHED_SECONDS * 1_000);
      const after = await vitals();
      isOver = true;
      await Promise.all(lanes);

      report({ faults, affected, quiet, seen, watched, before, after });
      expect([...quiet, ...seen].filter(({ complete }) => !complete)).toEqual([]);
      const p99 = (calls: SeenCall[]) => percentile(times(calls), 99);
      expect(p99(seen)).toBeLessThan(2 * p99(quiet));
      for (const [index, now] of after.entries()) expectBack(before[index] as Vitals, now);
      await expectBooks(stage, { own, bystander: bystander.tenant, calls: [...quiet, ...seen] });
    },
    FAULT_MS + 2 * QUIET_MS + 180_000,
  );
});

/** A fault every so often until the time is over; returns how many. */
async function breakParts(stage: FaultWorld): Promise<number> {
  const endsAt = performance.now() + FAULT_MS;
  for (let count = 0; ;) {
    for (const fault of allFaults(random)) {
      const nextAt = performance.now() + EVERY_MS;
      if (nextAt > endsAt) return count;
      await stage.inject(fault);
      await pause(1_000 + random(1_000));
      await stage.heal(fault);
      count += 1;
      await pause(Math.max(0, nextAt - performance.now()));
    }
  }
}

/** Room for what a longer life legitimately keeps: caches, compiled code, pools at their size. */
function expectBack(before: Vitals, after: Vitals): void {
  expect(after.heapMb).toBeLessThan(before.heapMb * 1.15 + 8);
  expect(after.residentMb).toBeLessThan(before.residentMb * 1.25 + 32);
  expect(after.sockets).toBeLessThanOrEqual(before.sockets + 12);
  expect(after.lagMs).toBeLessThan(before.lagMs * 2 + 20);
}

interface Sides {
  own: Simulator;
  bystander: Awaited<ReturnType<typeof createTenant>>;
  calls: readonly SeenCall[];
}

/** No hold is open, the audit is clean, and the bystander paid exactly what its upstream's journal comes to. */
async function expectBooks(stage: FaultWorld, { own, bystander, calls }: Sides): Promise<void> {
  await stage.settle();
  const { pool } = stage.world;
  expect(await readCount(pool, `select count(*) from hold where state = 'open'`)).toBe(0);
  expect(await brokenRules(stage.world)).toEqual([]);
  const used = own.journal.reduce((sum, entry) => sum + priceByHand(entry), 0n);
  expect(own.journal.length).toBeGreaterThanOrEqual(calls.length);
  expect(await readWallet({ pool, tenant: bystander })).toEqual({ balanceNano: CREDIT - used, heldNano: 0n });
  const all = (await readCalls(pool)).reduce((sum, { amount_nano }) => sum + amount_nano, 0n);
  expect(await readWallet(stage.world)).toEqual({ balanceNano: CREDIT - (all - used), heldNano: 0n });
}

const times = (calls: readonly SeenCall[]): number[] => calls.map(({ elapsedMs }) => elapsedMs);

interface Outcome {
  faults: number;
  affected: readonly SeenCall[];
  quiet: readonly SeenCall[];
  seen: readonly SeenCall[];
  watched: readonly Watched[];
  before: readonly Vitals[];
  after: readonly Vitals[];
}

function report({ faults, affected, quiet, seen, watched, before, after }: Outcome): void {
  const calls = (name: string, list: readonly SeenCall[]): string =>
    `${name}: ${list.length} calls, ${list.filter(({ complete }) => !complete).length} not whole, ` +
    `p50 ${percentile(times(list), 50).toFixed(0)} ms, p99 ${percentile(times(list), 99).toFixed(0)} ms, ` +
    `longest ${percentile(times(list), 100).toFixed(0)} ms`;
  const of = ({ heapMb, residentMb, sockets, lagMs }: Vitals): string =>
    `heap ${heapMb.toFixed(1)} MB, resident ${residentMb.toFixed(0)} MB, ${sockets} open files, event loop p99 ${lagMs.toFixed(1)} ms`;
  const lines = watched.flatMap(({ name }, index) => [
    `${name} before: ${of(before[index] as Vitals)}`,
    `${name} after:  ${of(after[index] as Vitals)}`,
  ]);
  console.info(
    [
      `${faults} faults`,
      calls('bystander, quiet', quiet),
      calls('bystander, faults', seen),
      calls('affected', affected),
      ...lines,
    ].join('\n'),
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
