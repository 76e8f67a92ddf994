import { invalidRequest } from '../../core/errors.js';
import type { FaregateError } from '../../core/errors.js';
import { codesOf, skipSpace, stringEnd } from '../../core/json-text.js';

/** Nesting deeper than this is refused. */
const MAX_DEPTH = 64;
/** Members of all objects together. */
const MAX_KEYS = 10_000;
/** Items of one list. */
const MAX_ITEMS = 100_000;

const COLON = 58;

/** What one walk over a parsed body has met. */
interface Walk {
  keys: number;
  /** The member of the body that the walk is in; undefined in a body that is no object. */
  member: string | undefined;
  /** A string or number that no request may hold. */
  isFaulty: boolean;
  /** Whether strings have to be looked at: only an escape can make what no UTF-8 text holds. */
  looksAtText: boolean;
}

/**
 * Refuses JSON that parsers disagree about or that only costs: members named twice, NUL, lone surrogates, numbers
 * beyond what a double holds, and more nesting, members or items than any request has. `json` is what `text` says.
 * Throws FaregateError 400. Costs 2 µs a kilobyte: everything but names is skipped as a whole.
 */
export function checkStrictJson(text: string, json: unknown): void {
  const walk: Walk = { keys: 0, member: undefined, isFaulty: false, looksAtText: text.includes('\\u') };
  visit(json, 1, walk);
  if (walk.isFaulty) throw faulty(json);
  if (countNames(text) !== walk.keys) throw invalidRequest('Request body names a member of an object twice');
}

function visit(value: unknown, depth: number, walk: Walk): void {
  if (typeof value === 'string') {
    if (walk.looksAtText && faultOf(value) !== undefined) walk.isFaulty = true;
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) walk.isFaulty = true;
  } else if (typeof value === 'object' && value !== null) {
    if (depth > MAX_DEPTH) throw beyond(walk, `is nested deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(value)) visitItems(value, depth, walk);
    else visitMembers(value as Record<string, unknown>, depth, walk);
  }
}

function visitItems(items: readonly unknown[], depth: number, walk: Walk): void {
  if (items.length > MAX_ITEMS) throw beyond(walk, `has a list of more than ${MAX_ITEMS} items`);
  for (const item of items) visit(item, depth + 1, walk);
}

function visitMembers(members: Record<string, unknown>, depth: number, walk: Walk): void {
  for (const name of Object.keys(members)) {
    if (depth === 1) walk.member = name;
    walk.keys += 1;
    if (walk.keys > MAX_KEYS) throw beyond(walk, `has more than ${MAX_KEYS} members`);
    if (walk.looksAtText && faultOf(name) !== undefined) walk.isFaulty = true;
    visit(members[name], depth + 1, walk);
  }
}

/** The longest name that a refusal repeats. */
const MAX_NAME = 100;

/** The refusal of a body beyond a limit: it names the member that went over it. */
function beyond({ member }: Walk, what: string): FaregateError {
  return member === undefined || member.length > MAX_NAME
    ? invalidRequest(`Request body ${what}`)
    : invalidRequest(`${member}: the request body ${what}`, member);
}

/** No UTF-8 text holds half of a pair: only an escape can make one. */
const HALF_PAIR = /\p{Surrogate}/u;

/** What is wrong with a single value, or undefined. */
function faultOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'must not be so large a number';
  if (typeof value !== 'string') return undefined;
  if (value.includes('\0')) return 'must not hold a NUL character';
  return HALF_PAIR.test(value) ? 'must not hold half of a surrogate pair' : undefined;
}

/** The refusal of a body that holds a faulty value or name: it names the first, "messages.0.content". */
function faulty(json: unknown): FaregateError {
  const find = (value: unknown, path: string): FaregateError | undefined => {
    const fault = faultOf(value);
    if (fault !== undefined)
      return invalidRequest(`${path || 'The request body'} ${fault}`, path || undefined);
    if (typeof value !== 'object' || value === null) return undefined;
    for (const [name, member] of Object.entries(value)) {
      const wrongName = faultOf(name);
      if (wrongName !== undefined)
        return invalidRequest(`A name in ${path || 'the request body'} ${wrongName}`);
      const found = find(member, path === '' ? name : `${path}.${name}`);
      if (found) return found;
    }
    return undefined;
  };
  return find(json, '') ?? invalidRequest('The request body holds what no request may hold');
}

/** Strings of a valid JSON text that a colon follows, which is what names are. */
function countNames(text: string): number {
  const codes = codesOf(text);
  let count = 0;
  let at = text.indexOf('"');
  while (at !== -1) {
    at = skipSpace(codes, stringEnd(text, codes, at));
    if (codes[at] === COLON) count += 1;
    at = text.indexOf('"', at);
  }
  return count;
}
