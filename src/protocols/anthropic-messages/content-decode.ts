import { asArray, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type {
  CacheControl,
  ContentPart,
  DocumentPart,
  ImagePart,
  MediaSource,
  OpaquePart,
  TextPart,
  ThinkingPart,
  ToolCallPart,
  ToolResultPart,
} from '../completion.js';
import { ISSUER, parseSignature } from './signature.js';
import { fromWireId } from './tool-ids.js';
import {
  at,
  compact,
  optional,
  readArray,
  readBoolean,
  readObject,
  readObjects,
  readString,
  readWord,
  refuse,
  requireObject,
  requireString,
} from './wire.js';

/** Reads content blocks of a request. Each reader gets the block and its path, for errors that name the member. */
type BlockReader = (block: JsonObject, path: string) => ContentPart;

/** `cache_control` of a block, tool or system text. */
export function readCacheControl(object: JsonObject, path: string): CacheControl | undefined {
  const raw = readObject(object, 'cache_control', path);
  if (raw === undefined) return undefined;
  readWord(raw, 'type', { words: ['ephemeral'], path: at(path, 'cache_control') });
  const ttl = readWord(raw, 'ttl', { words: ['5m', '1h'], path: at(path, 'cache_control') });
  return compact<CacheControl>({ ttl });
}

const readText = (block: JsonObject, path: string): TextPart =>
  compact<TextPart>({
    type: 'text',
    text: requireString(block, 'text', path),
    citations: readArray(block, 'citations', path),
    cacheControl: readCacheControl(block, path),
  });

/** The sources that images and documents share; undefined when `type` is another. */
function readMediaSource(source: JsonObject, path: string): MediaSource | undefined {
  const type = source['type'];
  if (type === 'url') return { kind: 'url', url: requireString(source, 'url', path) };
  if (type === 'file') return { kind: 'file', id: requireString(source, 'file_id', path) };
  if (type !== 'base64') return undefined;
  const mediaType = requireString(source, 'media_type', path);
  return { kind: 'base64', mediaType, data: requireString(source, 'data', path) };
}

function readImage(block: JsonObject, path: string): ImagePart {
  const sourcePath = at(path, 'source');
  const source = readMediaSource(requireObject(block, 'source', path), sourcePath);
  return compact<ImagePart>({
    type: 'image',
    source: source ?? refuse(at(sourcePath, 'type'), 'must be base64, url or file'),
    cacheControl: readCacheControl(block, path),
  });
}

function readDocumentSource(block: JsonObject, path: string): DocumentPart['source'] {
  const source = requireObject(block, 'source', path);
  const sourcePath = at(path, 'source');
  if (source['type'] === 'text') return { kind: 'text', text: requireString(source, 'data', sourcePath) };
  if (source['type'] === 'content') {
    const text = asString(source['content']);
    if (text !== undefined) return { kind: 'parts', parts: [{ type: 'text', text }] };
    const parts = (readObjects(source, 'content', sourcePath) ?? []).map((part, index) => {
      const partPath = at(at(sourcePath, 'content'), index);
      return part['type'] === 'image' ? readImage(part, partPath) : readText(part, partPath);
    });
    return { kind: 'parts', parts };
  }
  return (
    readMediaSource(source, sourcePath) ??
    refuse(at(sourcePath, 'type'), 'must be base64, url, text, content or file')
  );
}

function readDocument(block: JsonObject, path: string): DocumentPart {
  const citations = readObject(block, 'citations', path);
  return compact<DocumentPart>({
    type: 'document',
    source: readDocumentSource(block, path),
    title: readString(block, 'title', path),
    context: readString(block, 'context', path),
    citationsEnabled: citations && readBoolean(citations, 'enabled', at(path, 'citations')),
    cacheControl: readCacheControl(block, path),
  });
}

/** A `tool_use` block of a request or an answer, with its input as JSON text. */
function readToolUse(block: JsonObject, path: string): ToolCallPart {
  return compact<ToolCallPart>({
    type: 'tool-call',
    id: fromWireId(requireString(block, 'id', path)),
    name: requireString(block, 'name', path),
    arguments: JSON.stringify(optional(block, 'input') ?? {}),
    cacheControl: readCacheControl(block, path),
  });
}

function readToolResult(block: JsonObject, path: string): ToolResultPart {
  return compact<ToolResultPart>({
    type: 'tool-result',
    callId: fromWireId(requireString(block, 'tool_use_id', path)),
    content: readResultContent(block, path),
    isError: readBoolean(block, 'is_error', path),
    cacheControl: readCacheControl(block, path),
  });
}

function readResultContent(block: JsonObject, path: string): ToolResultPart['content'] {
  const text = asString(block['content']);
  if (text !== undefined) return text === '' ? [] : [{ type: 'text', text }];
  return (readObjects(block, 'content', path) ?? []).map((part, index) => {
    const partPath = at(at(path, 'content'), index);
    if (part['type'] === 'text') return readText(part, partPath);
    if (part['type'] === 'image') return readImage(part, partPath);
    if (part['type'] === 'document') return readDocument(part, partPath);
    return readOpaque(part, partPath);
  });
}

const readThinking = (block: JsonObject, path: string): ThinkingPart =>
  compact<ThinkingPart>({
    type: 'thinking',
    text: requireString(block, 'thinking', path),
    signature: parseSignature(readString(block, 'signature', path) ?? ''),
  });

function readRedacted(block: JsonObject, path: string): ContentPart {
  const { issuer, value } = parseSignature(requireString(block, 'data', path)) ?? {
    issuer: ISSUER,
    value: '',
  };
  return { type: 'redacted-thinking', data: value, issuer };
}

function readOpaque(block: JsonObject, path: string): OpaquePart {
  requireString(block, 'type', path);
  return { type: 'opaque', protocol: 'anthropic-messages', raw: block };
}

const READERS: Readonly<Record<string, BlockReader>> = {
  text: readText,
  image: readImage,
  document: readDocument,
  tool_use: readToolUse,
  tool_result: readToolResult,
  thinking: readThinking,
  redacted_thinking: readRedacted,
};

/** One content block; a type with no reader (server tools, newer blocks) is kept as it came. */
export function readBlock(block: JsonObject, path: string): ContentPart {
  const type = asString(block['type']) ?? '';
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  return (read ?? readOpaque)(block, path);
}

/** `content` of a turn, or `system`: a text or blocks. An empty text is no part. */
export function readContent(object: JsonObject, name: string, path = ''): ContentPart[] {
  const text = asString(object[name]);
  if (text !== undefined) return text === '' ? [] : [{ type: 'text', text }];
  if (!Array.isArray(object[name]))
    return refuse(at(path, name), 'is required and must be a string or an array');
  return (readObjects(object, name, path) ?? []).map((block, i) => readBlock(block, at(at(path, name), i)));
}

/**
 * Blocks of an upstream's answer. Nothing is refused here: a known block that lacks what it must have, or a tool call
 * with no id or name, is kept as an opaque block.
 */
export function decodeAnswerBlocks(content: JsonValue | undefined): ContentPart[] {
  return asArray(content)
    .filter(isObject)
    .map((block) => {
      try {
        return readBlock(block, '');
      } catch {
        return { type: 'opaque', protocol: 'anthropic-messages', raw: block };
      }
    });
}
