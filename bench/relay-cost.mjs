/**
 * What carrying an answer costs by itself: CPU µs for each streamed chunk and for a whole answer of 4 KB, translated or
 * verbatim, by the gateway's own code without network, database or books. A program: BENCH_PAIR says "messages→chat",
 * and the figures come as its message.
 */
import { openRelay, relayWhole } from '../dist/gateway/relay.js';
import { getProtocol } from '../dist/protocols/registry.js';
import { SseParser } from '../dist/protocols/sse.js';
import { LONG } from './measurements.mjs';
import { sayAnswer } from './scripted-answers.mjs';
import { PROTOCOL_NAMES } from './seed-gateway.mjs';
import { median } from './stats.mjs';

const WARM_UP_MS = 300;
const BATCHES = 15;
/** Long enough for the clock of CPU time, short enough for many. */
const BATCH_MS = 20;
const NONCE = '12345678';

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** CPU µs of one `turn`, the median of many batches: a neighbour spoils some of them, not all. */
function costOf(turn) {
  const warm = performance.now() + WARM_UP_MS;
  let turns = 0;
  while (performance.now() < warm) {
    turn();
    turns += 1;
  }
  const perBatch = Math.max(1, Math.round((turns * BATCH_MS) / WARM_UP_MS));
  const batches = Array.from({ length: BATCHES }, () => {
    const before = cpuMs();
    for (let left = perBatch; left > 0; left--) turn();
    return ((cpuMs() - before) * 1_000) / perBatch;
  });
  return median(batches);
}

function identity() {
  return {
    id: 'gen-1760000000-abc1234',
    createdAt: 1_760_000_000,
    model: 'bench-model',
    profile: 'standard',
    warnings: [],
    costOf: () => undefined,
  };
}

function measure(pair) {
  const [client, upstream] = pair.split('→').map((name) => getProtocol(PROTOCOL_NAMES[name]));
  const { events, whole } = sayAnswer(pair.split('→')[1], LONG, NONCE);
  const packets = events.map((event) => Buffer.from(event));
  let written = 0;
  const stream = () => {
    const relay = openRelay({ client, upstream, identity: identity(), quirks: {} });
    const parser = new SseParser();
    for (const packet of packets)
      for (const event of parser.push(packet)) written += relay.push(event).text.length;
    written += relay.end().text.length;
  };
  const answer = () => {
    written += relayWhole(whole, { client, upstream, identity: identity(), quirks: {} }).body.length;
  };
  const figures = { cpuUsPerChunk: costOf(stream) / LONG.chunks, cpuUsPerAnswer: costOf(answer) };
  if (written === 0) throw new Error(`nothing was written for ${pair}`);
  return figures;
}

process.send({ ready: true, ...measure(process.env.BENCH_PAIR) }, () => process.exit(0));
