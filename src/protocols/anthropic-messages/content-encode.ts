import { asString, isObject, tryParseJson, type JsonObject, type JsonValue } from '../../core/json.js';
import type {
  CacheControl,
  ContentPart,
  DocumentPart,
  ImagePart,
  MediaSource,
  TextPart,
  ToolCallPart,
} from '../completion.js';
import { signatureText } from './signature.js';
import { compact } from './wire.js';

/** A cache breakpoint; undefined where the part has none. */
export const encodeCacheControl = (cache: CacheControl | undefined): JsonObject | undefined =>
  cache && compact<JsonObject>({ type: 'ephemeral', ttl: cache.ttl });

/**
 * A text block, or nothing for an empty text, which Anthropic refuses. Citations of other protocols become web
 * search citations when they name a page, and are left out otherwise.
 */
export function encodeText(part: TextPart): JsonObject[] {
  if (part.text === '') return [];
  const citations = part.citations?.flatMap(encodeCitation) ?? [];
  return [
    compact<JsonObject>({
      type: 'text',
      text: part.text,
      citations: citations.length > 0 ? citations : undefined,
      cache_control: encodeCacheControl(part.cacheControl),
    }),
  ];
}

/** A citation in Anthropic's form (`TextCitation` in @anthropic-ai/sdk); chat's `url_citation` is converted. */
export function encodeCitation(citation: JsonValue): JsonObject[] {
  if (!isObject(citation)) return [];
  if (asString(citation['type'])?.endsWith('_location')) return [citation];
  const cited = citation['url_citation'];
  if (!isObject(cited) || typeof cited['url'] !== 'string') return [];
  const title = asString(cited['title']) ?? null;
  return [
    { type: 'web_search_result_location', url: cited['url'], title, cited_text: '', encrypted_index: '' },
  ];
}

function encodeMedia(source: MediaSource): JsonObject {
  if (source.kind === 'base64') return { type: 'base64', media_type: source.mediaType, data: source.data };
  return source.kind === 'url' ? { type: 'url', url: source.url } : { type: 'file', file_id: source.id };
}

/** An image block; addresses are passed on, never fetched. */
export const encodeImage = (part: ImagePart): JsonObject =>
  compact<JsonObject>({
    type: 'image',
    source: encodeMedia(part.source),
    cache_control: encodeCacheControl(part.cacheControl),
  });

function encodeDocumentSource(source: DocumentPart['source']): JsonObject {
  if (source.kind === 'text') return { type: 'text', media_type: 'text/plain', data: source.text };
  if (source.kind !== 'parts') return encodeMedia(source);
  const content = source.parts.flatMap((part) =>
    part.type === 'text' ? encodeText(part) : [encodeImage(part)],
  );
  return { type: 'content', content };
}

/** A document block; texts and parts within it stay what they are. */
export const encodeDocument = (part: DocumentPart): JsonObject =>
  compact<JsonObject>({
    type: 'document',
    source: encodeDocumentSource(part.source),
    title: part.title,
    context: part.context,
    citations: part.citationsEnabled === undefined ? undefined : { enabled: part.citationsEnabled },
    cache_control: encodeCacheControl(part.cacheControl),
  });

/** A tool call's JSON text as the object Anthropic wants; what is not an object's text is wrapped, never lost. */
export function toolInput(text: string): JsonObject {
  if (text.trim() === '') return {};
  const value = tryParseJson(text);
  return isObject(value) ? value : { _raw: text };
}

/** A `tool_use` block. `wireId` is the call's id as Messages takes it. */
export const encodeToolUse = (part: ToolCallPart, wireId: string): JsonObject =>
  compact<JsonObject>({
    type: 'tool_use',
    id: wireId,
    name: part.name,
    input: toolInput(part.arguments),
    cache_control: encodeCacheControl(part.cacheControl),
  });

/** Thinking for a client: the signature is "" when the upstream gave none, because the member must be there. */
export function encodeThinking(part: Extract<ContentPart, { type: 'thinking' }>): JsonObject {
  const signature = part.signature === undefined ? '' : signatureText(part.signature);
  return { type: 'thinking', thinking: part.text, signature };
}

/** A `redacted_thinking` block; its data says who made it, so that it goes back to nobody else. */
export const encodeRedacted = (part: { data: string; issuer: string }): JsonObject => ({
  type: 'redacted_thinking',
  data: signatureText({ issuer: part.issuer, value: part.data }),
});
