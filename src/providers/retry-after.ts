import { asArray, asObject, asString, tryParseJson } from '../core/json.js';

/** Response headers as Node and undici give them: lower-case names. */
export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What may say how long to wait. */
export interface RetryHint {
  headers: UpstreamHeaders;
  /** The refusal's body as text; absent: not looked at. */
  text?: string | undefined;
  /** Milliseconds since the epoch, for a date in `retry-after`. */
  nowMs: number;
}

/** Longer waits are not believed. */
const MAX_SECONDS = 86_400;

/**
 * Whole seconds an upstream asks to wait, rounded up; undefined when it does not say. `retry-after-ms` comes first
 * (OpenAI's SDKs read it first too), then `retry-after` as seconds or date (RFC 9110 §10.2.3), then the
 * `google.rpc.RetryInfo` of a Gemini body, then the reset of a rate limit that is used up, then "try again in 7.66s"
 * in the text.
 */
export function retryAfterSeconds({ headers, text, nowMs }: RetryHint): number | undefined {
  const ms = decimal(first(headers['retry-after-ms']));
  if (ms !== undefined) return bounded(ms / 1_000);
  const after = first(headers['retry-after']);
  const seconds =
    decimal(after) ?? untilDate(after, nowMs) ?? retryInfo(text) ?? resetOf(headers, nowMs) ?? said(text);
  return seconds === undefined ? undefined : bounded(seconds);
}

const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,9}(?:\.\d{1,9})?\s*$/.test(text) ? Number(text) : undefined;
}

function untilDate(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || !/[a-z]{3}|\dT\d/i.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, (atMs - nowMs) / 1_000);
}

function retryInfo(text: string | undefined): number | undefined {
  if (text === undefined || !text.includes('RetryInfo')) return undefined;
  const parsed = tryParseJson(text);
  const root = asObject(Array.isArray(parsed) ? parsed[0] : parsed);
  for (const detail of asArray(asObject(root?.['error'])?.['details'])) {
    const delay = asString(asObject(detail)?.['retryDelay']);
    const seconds = delay?.endsWith('s') ? decimal(delay.slice(0, -1)) : undefined;
    if (seconds !== undefined) return seconds;
  }
  return undefined;
}

/** Prefixes of rate limit headers: OpenAI's and its followers', Anthropic's. */
const RESET = /^(?:x-ratelimit-reset(?:-\w+)?|anthropic-ratelimit-[\w-]+-reset)$/;

/** The longest wait among limits that are used up; of a limit that says nothing about that, its own. */
function resetOf(headers: UpstreamHeaders, nowMs: number): number | undefined {
  const waits: number[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!RESET.test(name)) continue;
    const left = first(headers[name.replace('reset', 'remaining')]);
    const wait = resetWait(first(value), nowMs);
    if (wait !== undefined && (left === undefined || Number(left) <= 0)) waits.push(wait);
  }
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** Seconds below this are a wait, above it an instant since the epoch, in seconds or (OpenRouter) milliseconds. */
const FIRST_INSTANT = 1_000_000_000;

function resetWait(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const instant = /^\d{10,13}$/.test(text) ? Number(text) : undefined;
  if (instant !== undefined && instant >= FIRST_INSTANT) {
    const atMs = instant < 1_000 * FIRST_INSTANT ? instant * 1_000 : instant;
    return Math.max(0, (atMs - nowMs) / 1_000);
  }
  return decimal(text) ?? duration(text) ?? untilDate(text, nowMs);
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1, ms: 0.001 };

/** Seconds of "6m0s", "1h2m", "120ms", "7.66s". */
function duration(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|[dhms]))+$/.test(text)) return undefined;
  return [...text.matchAll(/([\d.]+)(ms|[dhms])/g)].reduce(
    (sum, [, figure, unit]) => sum + Number(figure) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
}

/** OpenAI, Groq: "try again in 7.66s"; Azure: "retry after 12 seconds". */
function said(text: string | undefined): number | undefined {
  const found =
    /(?:try again in|retry after) ((?:\d{1,9}(?:\.\d{1,9})?(?:ms|[dhms]))+)?(?:(\d{1,6}) seconds?)?/i.exec(
      text?.slice(0, 4_000) ?? '',
    );
  if (!found) return undefined;
  return found[1] === undefined ? decimal(found[2]) : duration(found[1]);
}

const bounded = (seconds: number): number => Math.min(MAX_SECONDS, Math.ceil(seconds));
