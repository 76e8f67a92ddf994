/** The lanes of the bench: whom each measures, how, and which of the figures are shown. */
import { atRate, idleStreams, leavingClients, pacedStreams, saturate, slowReaders } from './measurements.mjs';

/**
 * @typedef {object} Column one figure of a lane's samples
 * @property {string} key
 * @property {string} title with its unit
 * @property {number} digits
 * @property {'ratio' | 'added' | 'none'} compare to bare of the same round, or over direct and bare
 */

/** Every contender, client and vendor speaking chat completions. */
function verbatim(contenders) {
  return contenders.map((contender) => ({
    name: contender.name,
    contender,
    client: 'chat',
    upstream: 'chat',
  }));
}

const proxiesOnly = (contenders) =>
  verbatim(contenders).filter(({ contender }) => contender.name !== 'direct');

/** The gateways in both directions of translation, beside the same work without; nothing when none translates. */
function translated(contenders) {
  const gateways = contenders.filter((contender) => contender.translates);
  if (gateways.length === 0) return [];
  return [
    ...proxiesOnly(contenders).filter(({ name }) => name !== 'bare2'),
    ...gateways.flatMap((contender) => [
      { name: `${contender.name} messages→chat`, contender, client: 'messages', upstream: 'chat' },
      { name: `${contender.name} chat→messages`, contender, client: 'chat', upstream: 'messages' },
    ]),
  ];
}

const othersColumn = { key: 'foreignCores', title: 'others, cores', digits: 2, compare: 'none' };
const nonStreamColumns = [
  { key: 'answersPerSecond', title: 'req/s', digits: 0, compare: 'ratio' },
  { key: 'cpuUsPerAnswer', title: 'CPU µs/req', digits: 1, compare: 'ratio' },
  { key: 'contenderCores', title: 'cores used', digits: 2, compare: 'none' },
  { key: 'databaseUsPerAnswer', title: 'PostgreSQL µs/req', digits: 1, compare: 'none' },
  { key: 'latencyP50Ms', title: 'p50 ms', digits: 2, compare: 'none' },
  { key: 'latencyP99Ms', title: 'p99 ms', digits: 1, compare: 'none' },
  othersColumn,
];
const streamColumns = [
  { key: 'chunksPerSecond', title: 'chunks/s', digits: 0, compare: 'ratio' },
  { key: 'answersPerSecond', title: 'streams/s', digits: 0, compare: 'ratio' },
  { key: 'cpuUsPerChunk', title: 'CPU µs/chunk', digits: 2, compare: 'ratio' },
  { key: 'contenderCores', title: 'cores used', digits: 2, compare: 'none' },
  { key: 'databaseUsPerAnswer', title: 'PostgreSQL µs/stream', digits: 0, compare: 'none' },
  { key: 'firstChunkP50Ms', title: 'first chunk p50 ms', digits: 1, compare: 'none' },
  othersColumn,
];
const latencyColumns = [
  { key: 'latencyP50Ms', title: 'p50 ms', digits: 2, compare: 'added' },
  { key: 'latencyP99Ms', title: 'p99 ms', digits: 2, compare: 'added' },
  { key: 'cpuUsPerAnswer', title: 'CPU µs/req', digits: 0, compare: 'ratio' },
  { key: 'lateP99Ms', title: 'sent late p99 ms', digits: 2, compare: 'none' },
  othersColumn,
];
const memoryColumns = (key, unit) => [
  { key, title: `${unit} per stream`, digits: unit === 'MB' ? 2 : 1, compare: 'ratio' },
  { key: 'opened', title: 'streams', digits: 0, compare: 'none' },
  { key: 'beforeMb', title: 'RSS before, MB', digits: 0, compare: 'none' },
];

/** `fresh` lanes begin with new processes; `rounds` caps what a lane repeats; `quiet` lanes wait for a quiet machine. */
export const LANES = [
  {
    name: 'non-stream',
    title: 'Whole answers of 1 KB at saturation',
    variants: verbatim,
    measure: saturate(false),
    columns: nonStreamColumns,
  },
  {
    name: 'stream',
    title: 'Streams of 50 chunks without a gap at saturation',
    variants: verbatim,
    measure: saturate(true),
    columns: streamColumns,
  },
  {
    name: 'open-500',
    title: 'Whole answers at 500 requests a second',
    variants: verbatim,
    measure: atRate(500),
    columns: latencyColumns,
    rounds: 3,
    quiet: true,
    skippedWhenQuick: true,
  },
  {
    name: 'open-1000',
    title: 'Whole answers at 1,000 requests a second',
    variants: verbatim,
    measure: atRate(1_000),
    columns: latencyColumns,
    quiet: true,
  },
  {
    name: 'ttft',
    title: 'First chunk at 60 streams a second, chunks 20 ms apart',
    variants: verbatim,
    measure: pacedStreams,
    rounds: 2,
    quiet: true,
    skippedWhenQuick: true,
    columns: [
      { key: 'firstChunkP50Ms', title: 'first chunk p50 ms', digits: 2, compare: 'added' },
      { key: 'firstChunkP99Ms', title: 'first chunk p99 ms', digits: 2, compare: 'added' },
      { key: 'cpuUsPerChunk', title: 'CPU µs/chunk', digits: 1, compare: 'ratio' },
      othersColumn,
    ],
  },
  {
    name: 'translated',
    title: 'Whole answers, translated between protocols, at saturation',
    variants: translated,
    measure: saturate(false),
    columns: nonStreamColumns,
  },
  {
    name: 'translated-stream',
    title: 'Streams, translated between protocols, at saturation',
    variants: translated,
    measure: saturate(true),
    columns: streamColumns,
  },
  {
    name: 'idle',
    title: 'Memory of idle open streams',
    variants: proxiesOnly,
    measure: idleStreams,
    fresh: true,
    rounds: 2,
    columns: memoryColumns('kbPerStream', 'kB'),
  },
  {
    name: 'slow-readers',
    title: 'Memory of clients that never read their 16 MB',
    variants: proxiesOnly,
    measure: slowReaders,
    fresh: true,
    rounds: 1,
    columns: memoryColumns('mbPerStream', 'MB'),
  },
  {
    name: 'leaving',
    title: 'Throughput after clients that hung up at random',
    variants: proxiesOnly,
    measure: leavingClients,
    rounds: 1,
    columns: [
      { key: 'left', title: 'clients that left', digits: 0, compare: 'none' },
      { key: 'beforePerSecond', title: 'req/s before', digits: 0, compare: 'none' },
      { key: 'answersPerSecond', title: 'req/s after', digits: 0, compare: 'none' },
      { key: 'recovered', title: 'after ÷ before', digits: 2, compare: 'none' },
      { key: 'settleMs', title: 'backlog worked off, ms', digits: 0, compare: 'none' },
      { key: 'upstreamLeftOpen', title: 'upstream calls left open', digits: 0, compare: 'none' },
    ],
  },
];
