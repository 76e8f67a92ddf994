/** The lanes of the bench: whom each measures, how, and which of the figures are shown. */
import {
  atRate,
  idleStreams,
  leavingClients,
  LONG,
  pacedStreams,
  relayCost,
  saturate,
  slowReaders,
} from './measurements.mjs';

/**
 * @typedef {object} Column one figure of a lane's samples
 * @property {string} key
 * @property {string} title with its unit
 * @property {number} digits
 * @property {'ratio' | 'added' | 'verbatim' | 'none'} compare to bare of the same round, over direct and bare, or to the
 *   same gateway and upstream without translation
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

const UPSTREAMS = ['chat', 'messages', 'responses', 'gemini'];
/** Gemini's own clients speak to other upstreams too seldom to be worth the time. */
const CLIENTS = ['chat', 'messages', 'responses'];

/** Every pair of different protocols, as "messages→chat": the client's, then the upstream's. */
export const TRANSLATIONS = CLIENTS.flatMap((client) =>
  UPSTREAMS.filter((upstream) => upstream !== client).map((upstream) => `${client}→${upstream}`),
);
const QUICK_TRANSLATIONS = ['messages→chat', 'chat→messages'];

/** The gateways in every direction of translation, beside each upstream's protocol as it is; nothing when none translates. */
function translated(contenders, { quick }) {
  const gateways = contenders.filter((contender) => contender.translates);
  if (gateways.length === 0) return [];
  const pairs = (quick ? QUICK_TRANSLATIONS : TRANSLATIONS).map((pair) => pair.split('→'));
  const verbatims = [...new Set(pairs.map(([, upstream]) => upstream))].filter((one) => one !== 'chat');
  return [
    ...proxiesOnly(contenders).filter(({ name }) => name !== 'bare2'),
    ...gateways.flatMap((contender) => [
      ...verbatims.map((own) => ({
        name: `${contender.name} ${own}`,
        contender,
        client: own,
        upstream: own,
      })),
      ...pairs.map(([client, upstream]) => ({
        name: `${contender.name} ${client}→${upstream}`,
        contender,
        client,
        upstream,
      })),
    ]),
  ];
}

/** The same without the proxies that are no gateway. */
const inGateways = (contenders, options) =>
  translated(contenders, options).filter(({ contender }) => contender.translates);

/** The same upstream asked in its own protocol: what a translation is compared to. Undefined for what translates nothing. */
export function verbatimOf(variant) {
  const [, contender, upstream] = /^(\S+) \w+→(\w+)$/.exec(variant) ?? [];
  if (contender === undefined) return undefined;
  return upstream === 'chat' ? contender : `${contender} ${upstream}`;
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
/** CPU time compared to the gateway without translation as well. */
const inTranslation = (columns, key) =>
  columns.map((column) => (column.key === key ? { ...column, compare: 'verbatim' } : column));
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
    name: 'relay',
    title: "Carrying an answer by itself: the gateway's code without network, database and books",
    variants: inGateways,
    measure: relayCost,
    rounds: 2,
    columns: [
      { key: 'cpuUsPerChunk', title: 'CPU µs/chunk', digits: 2, compare: 'verbatim' },
      { key: 'cpuUsPerAnswer', title: 'CPU µs/answer of 4 KB', digits: 1, compare: 'verbatim' },
    ],
  },
  {
    name: 'translated',
    title: 'Whole answers of 4 KB, translated between protocols, at saturation',
    variants: translated,
    measure: saturate(false, LONG),
    rounds: 2,
    columns: inTranslation(nonStreamColumns, 'cpuUsPerAnswer'),
  },
  {
    name: 'translated-stream',
    title: 'Streams, translated between protocols, at saturation',
    variants: translated,
    measure: saturate(true),
    rounds: 2,
    columns: inTranslation(streamColumns, 'cpuUsPerChunk'),
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
