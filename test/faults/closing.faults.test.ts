import { setTimeout as pause } from 'node:timers/promises';
import { makeCall } from '../support/load.js';
import { readCalls } from '../support/money.js';
import { randomNumbers } from '../support/random.js';
import { FaultWorld } from './fault-world.js';

/** The grace period, the error for who is cut, the closing of connections, and room for a busy machine. */
const GONE_MS = 40_000;

describe('processes that are told to go while PostgreSQL and Redis say nothing', () => {
  it('go in time, with what they have not settled in the journal, and their successors settle it', async () => {
    const stage = await FaultWorld.start({ env: { DRAIN_SECONDS: '1' } });
    try {
      const { world } = stage;
      world.simulator.use({ answer: { kind: 'model' }, pacing: { firstByteDelayMs: 300 } });
      const random = randomNumbers(1);
      const calls = stage.apis.map(({ url }) => makeCall({ url, secret: world.secret }, random));
      await world.simulator.until((journal) => journal.length === 2);
      stage.silence();
      const served = await Promise.all(calls);
      expect(served.map(({ complete }) => complete)).toEqual([true, true]);
      const startedAt = performance.now();
      const going = [...stage.apis, ...stage.workers];
      for (const process of going) process.signal('SIGTERM');
      const left = await Promise.race([
        Promise.all(going.map((process) => process.exited)),
        pause(GONE_MS, 'still there', { ref: false }),
      ]);
      expect(left).toEqual(going.map(() => ({ code: expect.any(Number) as number, signal: null })));
      console.info(`gone after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
      await stage.restart();
      await stage.settle();
      const booked = (await readCalls(world.pool)).map(({ request_id }) => request_id);
      for (const { requestId } of served) expect(booked).toContain(requestId);
    } finally {
      await stage.close();
    }
  }, 120_000);
});
