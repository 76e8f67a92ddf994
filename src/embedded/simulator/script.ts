import { asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { JournalRequest } from './journal.js';
import type { ModelOverrides } from './model.js';
import type { Pacing } from './pacing.js';
import type { SimulatedUsage } from './usage.js';

/** Says for itself what usage a hand-written answer reports, so that the journal stays the oracle. */
interface Declared {
  reports?: Partial<SimulatedUsage> | undefined;
}

/** What a rule answers. */
export type RuleAnswer =
  | ({ kind: 'json'; status?: number; body: JsonValue; headers?: Record<string, string> } & Declared)
  | { kind: 'text'; status?: number; contentType?: string; body: string; headers?: Record<string, string> }
  /** `frames` are sent as they are: each needs its own `data:` and blank line. */
  | ({ kind: 'sse'; status?: number; frames: string[]; headers?: Record<string, string> } & Declared)
  /** A refusal in the shape of the protocol's vendor. */
  | {
      kind: 'error';
      status: number;
      message?: string;
      type?: string;
      param?: string;
      code?: string;
      headers?: Record<string, string>;
    }
  /** The usual answer with the given pieces in place of the simulator's own. */
  | ({
      kind: 'model';
      usage?: Partial<SimulatedUsage>;
      /** Chat only: leave usage out, whatever the request asks. */
      omitUsage?: boolean;
      headers?: Record<string, string>;
    } & ModelOverrides)
  /** A long stream: `before`, then `frame` so many times, then `after`; it waits for the client to read. */
  | ({
      kind: 'repeat';
      frame: string;
      count: number;
      gapMs?: number;
      before?: string[];
      after?: string[];
      headers?: Record<string, string>;
    } & Declared);

/** A condition that can be written as JSON; every field given must hold. */
export interface RuleMatch {
  protocol?: string | undefined;
  path?: string | undefined;
  model?: string | undefined;
  streamed?: boolean | undefined;
  /** A text that the JSON of the body holds. */
  bodyIncludes?: string | undefined;
  /** Header values, names in lower case. */
  headers?: Record<string, string> | undefined;
}

/** One scripted answer. */
export interface Rule {
  /** Absent means every request. */
  match?: RuleMatch | ((request: JournalRequest) => boolean) | undefined;
  /** How many requests it answers; absent means any number. */
  times?: number | undefined;
  answer: RuleAnswer;
  pacing?: Pacing | undefined;
}

const KINDS = ['json', 'text', 'sse', 'error', 'model', 'repeat'];

/** The rules in the order they were given; the first that matches and is not used up answers. */
export class Script {
  private rules: { rule: Rule; left: number }[] = [];

  use(rule: Rule): void {
    this.rules.push({ rule, left: rule.times ?? Number.POSITIVE_INFINITY });
  }

  /** The rule for a request, counted as used; undefined when none matches. */
  take(request: JournalRequest): Rule | undefined {
    const found = this.rules.find(({ rule, left }) => left > 0 && matches(rule.match, request));
    if (found) found.left--;
    return found?.rule;
  }

  clear(): void {
    this.rules = [];
  }
}

function matches(match: Rule['match'], request: JournalRequest): boolean {
  if (match === undefined) return true;
  if (typeof match === 'function') return match(request);
  const body = asObject(request.body);
  const holds = (wanted: unknown, actual: unknown): boolean => wanted === undefined || wanted === actual;
  return (
    holds(match.protocol, request.protocol) &&
    holds(match.path, request.path) &&
    holds(match.model, body?.model) &&
    holds(match.streamed, body?.stream === true) &&
    (match.bodyIncludes === undefined || JSON.stringify(request.body).includes(match.bodyIncludes)) &&
    Object.entries(match.headers ?? {}).every(([name, value]) => request.headers[name] === value)
  );
}

/** Rules out of parsed JSON (one or a list), or a text that says what is wrong. */
export function parseRules(value: JsonValue | undefined): Rule[] | string {
  const rules = Array.isArray(value) ? value : [value];
  for (const rule of rules) {
    if (!isObject(rule)) return 'a rule must be an object: {"match": {…}, "times": 1, "answer": {"kind": …}}';
    const answer = asObject(rule.answer);
    const kind = asString(answer?.kind) ?? '';
    if (!KINDS.includes(kind)) return `answer.kind must be one of ${KINDS.join(', ')}`;
    const wrong = answerFault(kind, answer ?? {});
    if (wrong !== undefined) return wrong;
  }
  return rules as unknown as Rule[];
}

function answerFault(kind: string, answer: JsonObject): string | undefined {
  if (kind === 'sse' && !Array.isArray(answer.frames)) return 'answer.frames must be a list of texts';
  if (kind === 'text' && typeof answer.body !== 'string') return 'answer.body must be a text';
  if (kind === 'json' && answer.body === undefined) return 'answer.body is missing';
  if (kind === 'error' && typeof answer.status !== 'number') return 'answer.status must be a number';
  const repeats = typeof answer.frame === 'string' && typeof answer.count === 'number';
  return kind === 'repeat' && !repeats ? 'answer.frame must be a text and answer.count a number' : undefined;
}
