import type { UpstreamErrorBody } from '../protocols/protocol.js';

/** Statuses with which vendors blame the request; their message may then hold what the caller wrote. */
const OF_REQUEST: readonly (number | undefined)[] = [400, 404, 413, 415, 422];

/** The decoders of refusals cut a message here: what would show whose words these are may be lost. */
const CUT_AT = 300;

/** From the first quotation mark to the last, for what is quoted may hold more of them. Apostrophes are none. */
const QUOTED = /(?:[`"]|(?<!\w)').*(?:[`"]|'(?!\w))/s;

/**
 * What callers named and vendors do not quote: ids, fields and types behind a colon (OpenAI's "did not have response
 * messages: ID", Google's "Unsupported MIME type: TYPE"), a field before one ("FIELD: Extra inputs are not permitted" of
 * Anthropic and Mistral), an id that is missing (Moonshot's "tool_call_id ID is not found").
 */
const NAMED = /^.*: extra inputs .*|: .*|\btool_call_id\b.*/is;

/**
 * What a refusal says in the vendor's own words: its type and code, and its message without what the caller wrote. What
 * judges the vendor, its account or its models goes by these alone; else a request could speak for the vendor.
 */
export function ownWords({ message, type, code }: UpstreamErrorBody, status: number | undefined): string {
  const unquoted = message.replace(QUOTED, ' ');
  const isCut = message.length >= CUT_AT;
  const said = !OF_REQUEST.includes(status) ? unquoted : isCut ? '' : unquoted.replace(NAMED, '');
  return `${type ?? ''} ${code ?? ''} ${said}`;
}
