/** How each figure is taken: every function here answers one sample of one variant. */
import { residentKb } from './cpu.mjs';
import { CORE, startBenchProgram } from './processes.mjs';

const STREAM = { chunks: 50, gapMs: 0, chunkBytes: 24 };
/** A whole answer of about 4 KB. */
export const LONG = { ...STREAM, wholeBytes: 3_600 };
const IDLE = { ...STREAM, gapMs: 600_000 };
const SLOW = { chunks: 4_000, gapMs: 0, chunkBytes: 4_096 };
const SLOW_STREAMS = 32;
const SETTLE_POLL_MS = 250;
const SETTLE_TIMEOUT_MS = 8_000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @typedef {object} Variant a contender asked in one way
 * @property {string} name
 * @property {import('./contenders.mjs').Contender} contender
 * @property {import('./client-requests.mjs').Protocol} client
 * @property {import('./client-requests.mjs').Protocol} upstream
 *
 * @typedef {object} Bench what a lane works with
 * @property {(mode: string, order?: object) => Promise<any>} load
 * @property {(scenario: object) => Promise<void>} setScenario
 * @property {() => Promise<{requests: number, openStreams: number, leftStreams: number}>} readCounts
 * @property {ReturnType<import('./options.mjs').readOptions>} options
 */

function order(variant, bench) {
  return {
    target: variant.contender.target(variant.client, variant.upstream),
    cpuPids: { contenderPid: variant.contender.pid(), benchPid: process.pid },
    seconds: bench.options.windowSeconds,
    connections: bench.options.connections,
  };
}

/** As much as goes through with all connections busy, as streams or whole answers. */
export const saturate =
  (stream, scenario = STREAM) =>
  async (bench, variant) => {
    await bench.setScenario(scenario);
    return bench.load('closedLoop', { ...order(variant, bench), wanted: { stream, chunks: STREAM.chunks } });
  };

/** What the gateway's code takes to carry answers, in a process of its own without network or books. */
export async function relayCost(_, { client, upstream }) {
  const env = { BENCH_PAIR: `${client}→${upstream}` };
  const program = { script: 'bench/relay-cost.mjs', core: CORE.contender, env };
  const { ready } = await startBenchProgram(program);
  return { cpuUsPerChunk: ready.cpuUsPerChunk, cpuUsPerAnswer: ready.cpuUsPerAnswer, failures: 0 };
}

/** What a caller waits for a whole answer at a rate that leaves the contender idle most of the time. */
export const atRate = (perSecond) => async (bench, variant) => {
  await bench.setScenario(STREAM);
  return bench.load('openLoop', {
    ...order(variant, bench),
    wanted: { stream: false, chunks: 1 },
    perSecond,
  });
};

/** What a caller waits for the first chunk of a stream that comes at reading pace. */
export async function pacedStreams(bench, variant) {
  await bench.setScenario({ ...STREAM, gapMs: 20 });
  const wanted = { stream: true, chunks: STREAM.chunks };
  return bench.load('openLoop', { ...order(variant, bench), wanted, perSecond: 60 });
}

/** Memory that each open stream takes while nothing flows. */
export async function idleStreams(bench, variant) {
  await bench.setScenario(IDLE);
  const streams = bench.options.idleStreams;
  const wanted = { stream: true, chunks: IDLE.chunks };
  return heldMemory(bench, variant, { mode: 'holdStreams', wanted, streams, settleMs: 1_000 });
}

/** Memory that a client costs which asks for 16 MB and never reads. */
export async function slowReaders(bench, variant) {
  await bench.setScenario(SLOW);
  const wanted = { stream: true, chunks: SLOW.chunks };
  return heldMemory(bench, variant, {
    mode: 'holdSlowReaders',
    wanted,
    streams: SLOW_STREAMS,
    settleMs: 1_500,
  });
}

async function heldMemory(bench, variant, { mode, wanted, streams, settleMs }) {
  const pid = variant.contender.pid();
  await pause(500);
  const beforeKb = residentKb(pid);
  const held = await bench.load(mode, { ...order(variant, bench), wanted, streams });
  await pause(settleMs);
  const afterKb = residentKb(pid);
  await bench.load('letGo');
  await pause(300);
  const growthKb = (afterKb - beforeKb) / Math.max(1, held.opened);
  return { ...held, beforeMb: beforeKb / 1024, kbPerStream: growthKb, mbPerStream: growthKb / 1024 };
}

/** Clients that hang up at random must leave nothing behind: full throughput again, no upstream call open. */
export async function leavingClients(bench, variant) {
  const before = await saturate(false)(bench, variant);
  await bench.setScenario({ ...STREAM, gapMs: 2 });
  const wanted = { stream: true, chunks: STREAM.chunks };
  const gone = await bench.load('leavingClients', { ...order(variant, bench), wanted, longestStayMs: 60 });
  const settled = await untilVendorIsIdle(bench);
  const after = await saturateAgain(bench, variant, before);
  return {
    ...after,
    ...settled,
    left: gone.left,
    beforePerSecond: before.answersPerSecond,
    recovered: after.answersPerSecond / before.answersPerSecond,
    failures: before.failures + gone.failures + after.failures,
    failureSamples: [...before.failureSamples, ...gone.failureSamples, ...after.failureSamples],
  };
}

/** A busy neighbour takes throughput for a while, a lost connection for good: the best of three windows tells. */
async function saturateAgain(bench, variant, before) {
  let best = await saturate(false)(bench, variant);
  for (let more = 0; more < 2 && best.answersPerSecond < before.answersPerSecond; more++) {
    const next = await saturate(false)(bench, variant);
    const failures = best.failures + next.failures;
    const failureSamples = [...best.failureSamples, ...next.failureSamples];
    const better = next.answersPerSecond > best.answersPerSecond ? next : best;
    best = { ...better, failures, failureSamples };
  }
  return best;
}

/** A proxy may still work off what its vanished clients had queued; what is open after that is lost. */
async function untilVendorIsIdle(bench) {
  const startedMs = performance.now();
  let last = await bench.readCounts();
  for (;;) {
    await pause(SETTLE_POLL_MS);
    const counts = await bench.readCounts();
    const settleMs = performance.now() - startedMs;
    const idle = counts.openStreams === 0 && counts.requests === last.requests;
    if (idle || settleMs > SETTLE_TIMEOUT_MS) return { upstreamLeftOpen: counts.openStreams, settleMs };
    last = counts;
  }
}
