/** `npm run bench`: starts vendor, clients and contenders, measures the lanes in turn, prints the report. */
import os from 'node:os';
import { createContender } from './contenders.mjs';
import { cpuBetween, sampleCpu } from './cpu.mjs';
import { HELP, readOptions } from './options.mjs';
import { CORE, pinned, pinSelf, startBenchProgram, startLoad, stopAllProcesses } from './processes.mjs';
import { writeReport } from './report.mjs';
import { shuffled } from './stats.mjs';

const QUIET_FOREIGN_CORES = 0.35;
const QUIET_SAMPLE_MS = 250;
const QUIET_BUDGET_MS = 30_000;
/** Until V8 has compiled what every call passes: of the way that most lanes measure, and of all others together. */
const WARM_UP_SECONDS = { first: 6, others: 0.8 };
const WARM_UP_QUICK_SECONDS = { first: 0.8, others: 0.4 };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (line) => process.stderr.write(`${line}\n`);

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(HELP);
  pinSelf();
  const startedMs = performance.now();
  const simulator = await startBenchProgram({ script: 'bench/simulator.mjs', core: CORE.load });
  const simulatorPort = simulator.ready.port;
  const control = async (path) => (await fetch(`http://127.0.0.1:${simulatorPort}${path}`)).json();
  const bench = {
    options,
    load: await startLoad(),
    setScenario: (scenario) => control(`/__scenario?${new URLSearchParams(scenario)}`),
    readCounts: () => control('/__counts'),
    quietBudgetMs: options.quick ? 0 : QUIET_BUDGET_MS,
    /** @type {{lane: string, variant: string, round: number}[]} */
    samples: [],
  };
  const contenders = options.contenders.map((name) => createContender(name, { simulatorPort }));
  let notes = {};
  try {
    for (let round = 0; round < options.rounds; round++) await measureRound(bench, contenders, round);
  } finally {
    notes = await finishAll(contenders);
  }
  const machine = describeMachine();
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  return writeReport({ options, samples: bench.samples, machine, notes, seconds });
}

/** One round: fresh processes, warmed, then every lane with its variants in random order. */
async function measureRound(bench, contenders, round) {
  say(`round ${round + 1} of ${bench.options.rounds}`);
  const lanes = bench.options.lanes.filter((lane) => round < (lane.rounds ?? Infinity));
  // Lanes that restart their contenders come first, so that the others all meet equally warm processes.
  const freshLanes = lanes.filter((lane) => lane.fresh);
  if (freshLanes.length === 0) for (const contender of contenders) await restart(bench, contender);
  for (const lane of [...freshLanes, ...shuffled(lanes.filter((each) => !each.fresh))]) {
    for (const variant of shuffled(lane.variants(contenders, bench.options))) {
      if (lane.fresh) await restart(bench, variant.contender);
      const sample = lane.quiet
        ? await measureQuietly(bench, lane, variant)
        : await lane.measure(bench, variant);
      bench.samples.push({ lane: lane.name, variant: variant.name, round, ...sample });
      say(progressLine(lane, variant, sample));
      variant.contender.assertRunning();
    }
  }
}

async function restart(bench, contender) {
  await contender.stop();
  await contender.start();
  await warmUp(bench, contender);
}

async function warmUp(bench, contender) {
  if (contender.pid() === null) return;
  await bench.setScenario({});
  const cpuPids = { contenderPid: contender.pid(), benchPid: process.pid };
  const ways = contender.translates
    ? [
        ['chat', 'chat'],
        ['messages', 'chat'],
        ['chat', 'messages'],
        ['responses', 'gemini'],
        ['gemini', 'responses'],
      ]
    : [['chat', 'chat']];
  const wanted = bench.options.quick ? WARM_UP_QUICK_SECONDS : WARM_UP_SECONDS;
  for (const [index, [client, upstream]] of ways.entries()) {
    for (const stream of [false, true]) {
      const order = { target: contender.target(client, upstream), wanted: { stream, chunks: 50 }, cpuPids };
      const seconds = index === 0 ? wanted.first / 2 : wanted.others / 2 / (ways.length - 1);
      const { failureSamples } = await bench.load('closedLoop', { ...order, connections: 32, seconds });
      contender.assertRunning();
      if (failureSamples.length > 0)
        say(`warm-up of ${contender.name}, ${client}→${upstream}: ${failureSamples[0]}`);
    }
  }
}

/** Latency means little beside a busy neighbour: wait for quiet, and measure again if it was not, within a budget. */
async function measureQuietly(bench, lane, variant) {
  for (let attempt = 0; ; attempt++) {
    await untilQuiet(bench);
    const startedMs = performance.now();
    const sample = await lane.measure(bench, variant);
    const disturbed = sample.foreignCores > QUIET_FOREIGN_CORES;
    if (!disturbed || attempt === 2 || bench.quietBudgetMs <= 0) return sample;
    bench.quietBudgetMs -= performance.now() - startedMs;
  }
}

async function untilQuiet(bench) {
  const cpuPids = { contenderPid: null, benchPid: process.pid };
  while (bench.quietBudgetMs > 0) {
    const before = sampleCpu(cpuPids);
    await pause(QUIET_SAMPLE_MS);
    if (!(cpuBetween(before, sampleCpu(cpuPids)).foreignCores > QUIET_FOREIGN_CORES)) return;
    bench.quietBudgetMs -= QUIET_SAMPLE_MS;
  }
}

function progressLine(lane, variant, sample) {
  const [column] = lane.columns;
  const figure = sample[column.key]?.toFixed?.(column.digits) ?? '–';
  const failures = sample.failures > 0 ? `  ${sample.failures} FAILED: ${sample.failureSamples[0]}` : '';
  return `  ${lane.name.padEnd(18)}${variant.name.padEnd(26)}${figure} ${column.title}${failures}`;
}

async function finishAll(contenders) {
  const notes = {};
  for (const contender of contenders) {
    await contender.stop();
    Object.assign(notes, await contender.finish());
  }
  return notes;
}

function describeMachine() {
  const [cpu] = os.cpus();
  return {
    cpu: `${os.cpus().length} × ${cpu?.model ?? 'unknown'}`,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    pinned,
  };
}

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  // Without its processes the run fails at its next step and tidies up on the way out.
  process.once(signal, () => {
    interrupted = true;
    void stopAllProcesses();
  });
}
try {
  process.exitCode = await main();
} catch (error) {
  console.error(interrupted ? 'interrupted' : error.stack);
  process.exitCode = interrupted ? 130 : 1;
} finally {
  await stopAllProcesses();
}
