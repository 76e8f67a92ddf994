import { priceByHand } from '../support/charges.js';
import { makeCall, type SeenCall } from '../support/load.js';
import { brokenRules, readCalls, readCount, readWallet } from '../support/money.js';
import { newSeed, randomNumbers } from '../support/random.js';
import { faultCases, type FaultCase } from './fault-table.js';
import { CREDIT, FaultWorld } from './fault-world.js';

const seed = Number(process.env['FAULT_SEED'] ?? newSeed());
const random = randomNumbers(seed);
const CALLS = 8;
/** Both waits for the database, the first byte's deadline twice over, and room for a busy machine. */
const LONGEST_MS = 30_000;
/** What a caller may be told of a fault that is not his. */
const OWN_FAULTS = [502, 503, 504, 529];

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

  const title = ({ component, fault, stage: at }: FaultCase) => `${component} ${fault}, ${at}`;
  const cases = faultCases(random, Number(process.env['FAULT_CASES'] ?? Infinity));

  it.each(cases.map((fault) => [title(fault), fault] as const))(
    '%s: every answer is whole or a proper error, and the books are what the journal says',
    async (_, fault) => {
      const { world } = stage;
      world.simulator.reset();
      const attemptsBefore = await readCount(world.pool, 'select count(*) from attempt');
      const seen = await run(fault);
      await stage.settle();
      const journal = world.simulator.journal;
      const charged = await readCalls(world.pool);
      const ids = charged.filter(({ estimated }) => estimated !== null).map(({ request_id }) => request_id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const one of seen) {
        expect(one.elapsedMs).toBeLessThan(LONGEST_MS);
        const entries = journal.filter(({ body }) => JSON.stringify(body).includes(one.marker));
        const whole = entries.filter(({ answer }) => answer.finished === 'complete');
        const amount = charged.find(({ request_id }) => request_id === one.requestId)?.amount_nano;
        if (one.complete) {
          expect({ one, amount }).toEqual({ one, amount: whole.length ? priceByHand(whole.at(-1)!) : -1n });
          continue;
        }
        // A head that never came, or an answer that was broken off, needs a process or an upstream that failed.
        if (one.status === undefined) expect({ one, fault }).toMatchObject({ fault: { component: 'api' } });
        else if (one.status === 200) expect(['api', 'upstream']).toContain(fault.component);
        else expect(OWN_FAULTS).toContain(one.status);
        const most = entries.reduce(
          (sum, entry) => sum + (entry.answer.modelUsage ? priceByHand(entry) : 0n),
          0n,
        );
        expect((amount ?? 0n) <= most).toBe(true);
      }
      const attempts = (await readCount(world.pool, 'select count(*) from attempt')) - attemptsBefore;
      // A killed process may not tell of its attempts; one that broke on the way is not in the upstream's journal.
      if (fault.component === 'api') expect(attempts).toBeLessThanOrEqual(journal.length);
      else if (fault.component === 'upstream') expect(attempts).toBeGreaterThanOrEqual(journal.length);
      else expect(attempts).toBe(journal.length);
      const sum = charged.reduce((total, { amount_nano }) => total + amount_nano, 0n);
      expect(await readWallet(world)).toEqual({ balanceNano: CREDIT - sum, heldNano: 0n });
      expect(await brokenRules(world)).toEqual([]);
    },
    120_000,
  );
});
