import { isObject, type JsonObject, type JsonValue } from '../../core/json.js';

type Step = string | number;

/** More list elements than this are no arguments but an attack. */
const MAX_INDEX = 100_000;

/** Members that would change an object's nature rather than its content. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** `$.recipe.steps[0]` and `$['a b'].c` as steps; undefined for a path that is none (RFC 9535, names and indices). */
export function pathSteps(path: string): Step[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: Step[] = [];
  const pattern = /\.([^.[\]]+)|\[(\d{1,6})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;
  pattern.lastIndex = 1;
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path);
    if (!match) return undefined;
    const [, name, index, single, double] = match;
    if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1'));
  }
  return steps.some((step) => FORBIDDEN.has(String(step)) || Number(step) > MAX_INDEX) ? undefined : steps;
}

/** Puts together arguments that Vertex streams in pieces (`partialArgs`): a text grows, anything else is set. */
export class PartialArguments {
  private readonly root: JsonObject = {};

  add(piece: JsonObject): void {
    const steps = typeof piece['jsonPath'] === 'string' ? pathSteps(piece['jsonPath']) : undefined;
    if (steps === undefined || steps.length === 0) return;
    const value = valueOf(piece);
    if (value === undefined) return;
    let place: JsonObject | JsonValue[] = this.root;
    for (const [index, step] of steps.slice(0, -1).entries()) {
      const inner: JsonValue | undefined = read(place, step);
      const next = isObject(inner) || Array.isArray(inner) ? inner : emptyFor(steps[index + 1]);
      if (next !== inner) write(place, step, next);
      place = next;
    }
    const last = steps.at(-1) as Step;
    const before = read(place, last);
    write(place, last, typeof before === 'string' && typeof value === 'string' ? before + value : value);
  }

  get text(): string {
    return JSON.stringify(this.root);
  }
}

const emptyFor = (step: Step | undefined): JsonObject | JsonValue[] => (typeof step === 'number' ? [] : {});

function valueOf(piece: JsonObject): JsonValue | undefined {
  if ('nullValue' in piece) return null;
  return piece['stringValue'] ?? piece['numberValue'] ?? piece['boolValue'] ?? undefined;
}

function read(place: JsonObject | JsonValue[], step: Step): JsonValue | undefined {
  if (Array.isArray(place)) return typeof step === 'number' ? place[step] : undefined;
  return Object.hasOwn(place, step) ? place[step] : undefined;
}

function write(place: JsonObject | JsonValue[], step: Step, value: JsonValue): void {
  if (!Array.isArray(place)) place[step] = value;
  else if (typeof step === 'number') {
    // No holes: what was left out is null.
    while (place.length < step) place.push(null);
    place[step] = value;
  }
}
