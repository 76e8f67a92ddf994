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
 * `google.rpc.RetryInfo` of a Gemini body.
 */
export function retryAfterSeconds({ headers, text, nowMs }: RetryHint): number | undefined {
  const ms = decimal(first(headers['retry-after-ms']));
  if (ms !== undefined) return bounded(ms / 1_000);
  const after = first(headers['retry-after']);
  const seconds = decimal(after) ?? untilDate(after, nowMs) ?? retryInfo(text);
  return seconds === undefined ? undefined : bounded(seconds);
}

const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,9}(?:\.\d{1,9})?\s*$/.test(text) ? Number(text) : undefined;
}

function untilDate(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || !/[a-z]{3}/i.test(text)) return undefined;
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

const bounded = (seconds: number): number => Math.min(MAX_SECONDS, Math.ceil(seconds));
