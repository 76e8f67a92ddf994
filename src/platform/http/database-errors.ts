import { FaregateError, invalidRequest, unavailable } from '../../core/errors.js';
import { isDatabaseAway } from '../database/database.service.js';

interface Thrown {
  code?: unknown;
  message?: unknown;
  cause?: unknown;
  meta?: { driverAdapterError?: unknown };
  originalCode?: unknown;
}

/** Prisma's codes for "not reachable", "timed out", "connection closed", "pool empty", "transaction not to be had". */
const PRISMA_AWAY = new Set([
  'P1000',
  'P1001',
  'P1002',
  'P1003',
  'P1008',
  'P1011',
  'P1017',
  'P2024',
  'P2028',
]);

const PRISMA_STATES: Readonly<Record<string, string>> = {
  P2000: '22001',
  P2002: '23505',
  P2003: '23503',
  P2004: '23514',
  P2011: '23502',
  P2020: '22003',
  P2034: '40001',
};

/** The error, then what caused it, as far as it says. */
function* causes(thrown: unknown): Generator<Thrown> {
  let current = thrown;
  for (let depth = 0; depth < 6 && typeof current === 'object' && current !== null; depth++) {
    const error = current as Thrown;
    yield error;
    current = error.meta?.driverAdapterError ?? error.cause;
  }
}

/** The SQLSTATE behind an error of `pg` or of Prisma; undefined when it is neither. */
export function sqlStateOf(thrown: unknown): string | undefined {
  let translated: string | undefined;
  for (const { originalCode, code } of causes(thrown)) {
    for (const candidate of [originalCode, code]) {
      if (typeof candidate !== 'string' || !/^[0-9A-Z]{5}$/.test(candidate)) continue;
      if (/^P[1-9]/.test(candidate)) translated ??= PRISMA_STATES[candidate];
      else return candidate;
    }
  }
  return translated;
}

/** What a failed statement means for the caller, without a word from inside; null when it means a fault of ours. */
export function databaseRefusal(thrown: unknown): FaregateError | null {
  for (const error of causes(thrown)) {
    if (PRISMA_AWAY.has(String(error.code)) || isAway(error)) {
      return unavailable('The database does not answer. Try again.', thrown);
    }
  }
  const state = sqlStateOf(thrown);
  if (state === undefined) return null;
  if (state === '23505' || state === '23P01') return conflict('This already exists.', thrown);
  if (state === '23503') {
    const deleting = [...causes(thrown)].some(({ message }) =>
      /still referenced|update or delete on/.test(String(message)),
    );
    return deleting
      ? conflict('This is still in use.', thrown)
      : invalidRequest('The request refers to something that does not exist.');
  }
  if (state === '23514' || state === '23502')
    return invalidRequest('The request breaks a rule of its resource.');
  if (state.startsWith('22')) return invalidRequest('A value of the request cannot be stored.');
  if (state.startsWith('40')) return unavailable('Another change came first. Try again.', thrown);
  return null;
}

/** Programming errors carry arbitrary words; only what a driver threw may read as "away". */
const isAway = (error: Thrown): boolean =>
  !(error instanceof TypeError || error instanceof RangeError) && isDatabaseAway(error);

const conflict = (message: string, internal: unknown): FaregateError =>
  new FaregateError('conflict', message, { internal });
