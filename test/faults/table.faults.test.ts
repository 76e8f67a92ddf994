import { priceByHand } from '../support/charges.js';
import { makeCall, type SeenCall } from '../support/load.js';
import { brokenRules, readCalls, readCount, readWallet } from '../support/money.js';
import { newSeed, randomNumbers } from '../support/random.js';
import { allFaults, fewFaults, type FaultCase } from './fault-table.js';
import { CREDIT, FaultWorld } from './fault-world.js';

const seed = Number(process.env['FAULT_SEED'] ?? newSeed());
const random = randomNumbers(seed);
const CALLS = 8;
/** Both waits for the database, the first byte's deadline twice over, and room for a busy machine. */
const LONGEST_MS = 30_000;
/** What a caller may be told of a fault that is not his. */
const OWN_FAULTS = [502, 503, 504, 529];
/** Attempts that some process or the sweep knows to have reached the upstream. */
const ATTEMPTS = `select count(*) from attempt where outcome <> 'unknown'`;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe(`parts that fail while calls run (FAULT_SEED=${seed})`, () => {
  let stage: FaultWorld;
  beforeAll(async () => {
    console.info(`FAULT_SEED=${seed}`);
    stage = await FaultWorld.start();
  }, 90_000);
  afterAll(() => stage.close(), 30_000);

  const call = (lane: number): Promise<SeenCall> => {
    const { secret } = stage.world;
    return makeCall({ url: stage.apis[lane % 2]?.url ?? '', secret }, random);
  };
  const eight = () => Array.from({ length: CALLS }, (_, lane) => call(lane));

  /** Makes the calls, breaks the part at its stage, mends it, and answers with what the callers saw. */
  async function run(fault: FaultCase): Promise<SeenCall[]> {
    const { simulator } = stage.world;
    simulator.use({ answer: { kind: 'model' }, pacing: { firstByteDelayMs: 300, chunkDelayMs: 30 } });
    let calls: Promise<SeenCall>[];
    if (fault.stage === 'before admission') {
      await stage.inject(fault);
      calls = eight();
    } else {
      calls = eight();
      if (fault.stage === 'before settle' || fault.stage === 'during rollup') await Promise.all(calls);
      else await simulator.until((journal) => journal.length === CALLS);
      if (fault.stage === 'mid-stream') await pause(400 + random(100));
      // The worker is nudged once a settlement is in.
      if (fault.stage === 'during rollup') await pause(30 + random(100));
      await stage.inject(fault);
    }
    await pause(600 + random(600));
    await stage.heal(fault);
    return Promise.all(calls);
  }

  /** Every answer was whole, or the proper error of a part that the call needed. */
  function expectProper(seen: readonly SeenCall[], { component, fault }: FaultCase): void {
    for (const [lane, one] of seen.entries()) {
      const needsIt =
        component === 'database' || component === 'upstream' || (component === 'api' && lane % 2 === 0);
      expect(one.elapsedMs).toBeLessThan(LONGEST_MS);
      if (one.complete) continue;
      expect({ lane, one, needsIt }).toMatchObject({ needsIt: true });
      expect({ one, fault }).not.toMatchObject({ fault: 'freeze' });
      // A head that never came, or an answer that was broken off, needs a process or an upstream that failed.
      if (one.status === undefined) expect({ one, component }).toMatchObject({ component: 'api' });
      else if (one.status === 200) expect(['api', 'upstream']).toContain(component);
      else expect(OWN_FAULTS).toContain(one.status);
    }
  }

  /** Whole answers cost what the journal says of the call that served, failures nothing, broken ones no more than was used. */
  async function expectCharged(seen: readonly SeenCall[], { component }: FaultCase): Promise<void> {
    const { journal } = stage.world.simulator;
    const charged = await readCalls(stage.world.pool);
    const ids = charged.filter(({ estimated }) => estimated !== null).map(({ request_id }) => request_id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const one of seen) {
      const entries = journal.filter(({ body }) => JSON.stringify(body).includes(one.marker));
      const last = entries.filter(({ answer }) => answer.finished === 'complete').at(-1);
      const amount = charged.find(({ request_id }) => request_id === one.requestId)?.amount_nano;
      if (one.complete) expect({ one, amount }).toEqual({ one, amount: last ? priceByHand(last) : -1n });
      else if (component !== 'api') expect({ one, amount: amount ?? 0n }).toEqual({ one, amount: 0n });
      else {
        const used = entries.map((entry) => (entry.answer.modelUsage ? priceByHand(entry) : 0n));
        expect((amount ?? 0n) <= used.reduce((sum, price) => sum + price, 0n)).toBe(true);
      }
    }
    const sum = charged.reduce((total, { amount_nano }) => total + amount_nano, 0n);
    expect(await readWallet(stage.world)).toEqual({ balanceNano: CREDIT - sum, heldNano: 0n });
  }

  const title = ({ component, fault, stage: at }: FaultCase) => `${component} ${fault}, ${at}`;
  const cases = process.env['FAULT_FORM'] === 'short' ? fewFaults(random) : allFaults(random);

  it.each(cases.map((fault) => [title(fault), fault] as const))(
    '%s: every answer is whole or a proper error, and the books are what the journal says',
    async (_, fault) => {
      const { simulator, pool } = stage.world;
      simulator.reset();
      const before = await readCount(pool, ATTEMPTS);
      try {
        const seen = await run(fault);
        await stage.settle();
        expectProper(seen, fault);
        await expectCharged(seen, fault);
        const attempts = (await readCount(pool, ATTEMPTS)) - before;
        const calls = simulator.journal.length;
        // A killed process may not tell of its attempts; one that broke on the way is not in the upstream's journal.
        if (fault.component === 'api') expect(attempts).toBeLessThanOrEqual(calls);
        else if (fault.component === 'upstream') expect(attempts).toBeGreaterThanOrEqual(calls);
        else expect(attempts).toBe(calls);
        expect(await brokenRules(stage.world)).toEqual([]);
      } catch (error) {
        console.error(stage.complaints());
        throw error;
      }
    },
    120_000,
  );
});
