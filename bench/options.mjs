/** What can be asked for on the command line. */
import { parseArgs } from 'node:util';
import { CONTENDER_NAMES } from './contenders.mjs';
import { LANES } from './lanes.mjs';

export const HELP = `npm run bench -- [options]
  --contenders LIST   of ${CONTENDER_NAMES.join(',')} (default: all)
  --only LIST         of ${LANES.map((lane) => lane.name).join(',')}
  --rounds N          rounds, each with fresh processes (default 5)
  --window S          seconds of one measurement (default 2)
  --connections N     requests or streams in flight at saturation (default 256)
  --idle-streams N    streams held open in the idle lane (default 2000)
  --quick             one round, windows of 1 s: under 90 seconds
  --gate              exit 1 when a target is missed by more than bare differs from itself
  --help
BENCH_DATABASE_URL    PostgreSQL server on which a fresh database is created (default: the embedded one)
BENCH_NODE_FLAGS      flags for the Node of every contender, instead of those of the image`;

/** @throws {Error} naming the option and what it may be */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      contenders: { type: 'string' },
      only: { type: 'string' },
      rounds: { type: 'string' },
      window: { type: 'string' },
      connections: { type: 'string' },
      'idle-streams': { type: 'string' },
      quick: { type: 'boolean', default: false },
      gate: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, gate, help } = values;
  const lanes =
    chosen(
      'only',
      values.only,
      LANES.map((lane) => lane.name),
    ) ?? null;
  return {
    quick,
    gate,
    help,
    contenders: chosen('contenders', values.contenders, CONTENDER_NAMES) ?? CONTENDER_NAMES,
    lanes: LANES.filter((lane) =>
      lanes === null ? !(quick && lane.skippedWhenQuick) : lanes.includes(lane.name),
    ),
    rounds: positive('rounds', values.rounds, quick ? 1 : 5),
    windowSeconds: positive('window', values.window, quick ? 1 : 2),
    connections: positive('connections', values.connections, 256),
    idleStreams: positive('idle-streams', values['idle-streams'], 2_000),
  };
}

function chosen(option, text, known) {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`--${option}: no ${unknown.join(', ')}; there are ${known.join(', ')}`);
  return known.filter((name) => names.includes(name));
}

function positive(option, text, otherwise) {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value > 0)) throw new Error(`--${option} must be a number above 0, not ${text}`);
  return value;
}
