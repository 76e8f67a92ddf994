import { invalidRequest } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asString, isObject } from '../../core/json.js';
import type {
  AudioPart,
  CacheControl,
  ContentPart,
  DocumentPart,
  ImagePart,
  MediaSource,
  TextPart,
} from '../completion.js';
import type { WireQuirks } from '../protocol.js';
import { UNMARKED } from '../unplaced.js';
import { dropped } from '../warnings.js';
import { readObject, readString, readWord, requireObject, requireString } from './wire.js';

/** `cache_control` of a part or a tool: `{type:"ephemeral", ttl?:"5m"|"1h"}`. */
export function decodeCacheControl(part: JsonObject, path: string): { cacheControl?: CacheControl } {
  const control = readObject(part, 'cache_control', path);
  if (!control) return {};
  const prefix = `${path}.cache_control`;
  readWord(control, 'type', ['ephemeral'], prefix);
  const ttl = readWord(control, 'ttl', ['5m', '1h'], prefix);
  return { cacheControl: ttl === undefined ? {} : { ttl } };
}

/** The wire form of a cache mark. */
export const encodeCacheControl = (control: CacheControl): JsonObject => ({
  type: 'ephemeral',
  ...(control.ttl === undefined ? {} : { ttl: control.ttl }),
});

/** What the caller of a vendor is told of a cache mark that has no place there. */
export const unmarked = ({ cacheControl }: WireQuirks): string =>
  cacheControl ? dropped('cache_control', "this model's provider takes it on content alone") : UNMARKED;

/** Text parts as the one string that every vendor reads; a cache mark needs the parts. */
export const joined = (texts: JsonObject[], separator: string): string | JsonObject[] =>
  texts.some((part) => part['cache_control'] !== undefined)
    ? texts
    : texts.map((part) => asString(part['text']) ?? '').join(separator);

/** A data URL as bytes, anything else as a URL to pass on. */
export function decodeMediaUrl(url: string, path: string): MediaSource {
  if (!url.startsWith('data:')) return { kind: 'url', url };
  const comma = url.indexOf(',');
  const head = /^data:([^;,]+)(?:;[^;,]+)*;base64$/.exec(url.slice(0, Math.max(0, comma)));
  if (!head?.[1]) throw invalidRequest(`${path} must be a URL or a base64 data URL`, path);
  return { kind: 'base64', mediaType: head[1], data: url.slice(comma + 1) };
}

/** First base64 characters of the image formats that models read. */
const IMAGE_MAGIC: readonly (readonly [string, string])[] = [
  ['iVBOR', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
];

/** Octen's bare base64 image: the type is read from its first bytes. */
function decodeBareImage(part: JsonObject, path: string): ContentPart {
  const data = requireString(part, 'image', path);
  const cache = decodeCacheControl(part, path);
  if (data.startsWith('data:'))
    return { type: 'image', source: decodeMediaUrl(data, `${path}.image`), ...cache };
  const mediaType = IMAGE_MAGIC.find(([magic]) => data.startsWith(magic))?.[1];
  if (mediaType === undefined) {
    throw invalidRequest(`${path}.image must be a base64 png, jpeg, gif or webp image`, `${path}.image`);
  }
  return { type: 'image', source: { kind: 'base64', mediaType, data }, ...cache };
}

function decodeImageUrl(part: JsonObject, path: string): ContentPart {
  const bare = asString(part['image_url']);
  const image = bare === undefined ? requireObject(part['image_url'], `${path}.image_url`) : { url: bare };
  const url = requireString(image, 'url', `${path}.image_url`);
  const detail = readString(image, 'detail', `${path}.image_url`);
  return {
    type: 'image',
    source: decodeMediaUrl(url, `${path}.image_url.url`),
    ...(detail === undefined ? {} : { detail }),
    ...decodeCacheControl(part, path),
  };
}

function decodeFile(part: JsonObject, path: string): ContentPart {
  const file = requireObject(part['file'], `${path}.file`);
  const title = readString(file, 'filename', `${path}.file`);
  const id = readString(file, 'file_id', `${path}.file`);
  const source: MediaSource = id
    ? { kind: 'file', id }
    : decodeMediaUrl(requireString(file, 'file_data', `${path}.file`), `${path}.file.file_data`);
  return {
    type: 'document',
    source,
    ...(title === undefined ? {} : { title }),
    ...decodeCacheControl(part, path),
  };
}

function decodeAudio(part: JsonObject, path: string): ContentPart {
  const audio = requireObject(part['input_audio'], `${path}.input_audio`);
  const format = requireString(audio, 'format', `${path}.input_audio`);
  return { type: 'audio', format, data: requireString(audio, 'data', `${path}.input_audio`) };
}

/** Text of Mistral's `thinking` part: a string or a list of text parts. */
export const thinkingText = (thinking: JsonValue | undefined): string =>
  asString(thinking) ??
  asArray(thinking)
    .filter(isObject)
    .map((item) => asString(item['text']) ?? '')
    .join('');

/**
 * A message or delta of an answer with Mistral's content list as the plain text that clients of Chat expect,
 * its thinking moved to `reasoning`. Always a copy.
 */
export function flattened(message: JsonObject): JsonObject {
  const { content } = message;
  if (!Array.isArray(content)) return { ...message };
  const parts = content.filter(isObject);
  const thinking = parts
    .filter((part) => part['type'] === 'thinking')
    .map((part) => thinkingText(part['thinking']));
  const texts = parts.filter((part) => part['type'] === 'text').map((part) => asString(part['text']) ?? '');
  const reasoning = thinking.join('');
  return { ...message, content: texts.join(''), ...(reasoning === '' ? {} : { reasoning }) };
}

type PartDecoder = (part: JsonObject, path: string) => ContentPart;

const PART_DECODERS: ReadonlyMap<string, PartDecoder> = new Map<string, PartDecoder>(
  Object.entries<PartDecoder>({
    text: (part, path) => ({
      type: 'text',
      text: readString(part, 'text', path) ?? '',
      ...decodeCacheControl(part, path),
    }),
    image_url: decodeImageUrl,
    image: decodeBareImage,
    input_audio: decodeAudio,
    file: decodeFile,
    refusal: (part, path) => ({ type: 'refusal', text: requireString(part, 'refusal', path) }),
    thinking: (part) => ({ type: 'thinking', text: thinkingText(part['thinking']) }),
  }),
);

/** A message's `content`: text, parts, or nothing. Empty text is nothing; the turn itself stays. */
export function decodeContent(content: JsonValue | undefined, path: string): ContentPart[] {
  if (content === undefined || content === null || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw invalidRequest(`${path} must be a string or an array of parts`, path);
  return content
    .map((item, index) => {
      const part = requireObject(item, `${path}.${index}`);
      const decode = PART_DECODERS.get(asString(part['type']) ?? '');
      if (!decode) {
        const known = [...PART_DECODERS.keys()].join(', ');
        throw invalidRequest(`${path}.${index}.type must be one of: ${known}`, `${path}.${index}.type`);
      }
      return decode(part, `${path}.${index}`);
    })
    .filter((part) => part.type !== 'text' || part.text !== '');
}

const dataUrl = (mediaType: string, data: string): string => `data:${mediaType};base64,${data}`;

/** An image for a vendor. Throws when it is a file id, which Chat has no image form for. */
export function encodeImage(part: ImagePart): JsonObject {
  const { source } = part;
  if (source.kind === 'file') {
    throw invalidRequest('messages: an image by file id cannot be sent to this model', 'messages');
  }
  const url = source.kind === 'url' ? source.url : dataUrl(source.mediaType, source.data);
  return {
    type: 'image_url',
    image_url: { url, ...(part.detail === undefined ? {} : { detail: part.detail }) },
  };
}

const titled = (part: DocumentPart, text: string): JsonObject => ({
  type: 'text',
  text: part.title === undefined ? text : `${part.title}\n\n${text}`,
});

/**
 * A document for a vendor: PDF bytes as a `file`, text as text. Throws for a document by URL, which Chat
 * cannot name and which must not be lost in silence.
 */
export function encodeDocument(part: DocumentPart): JsonObject[] {
  const { source } = part;
  switch (source.kind) {
    case 'text':
      return [titled(part, source.text)];
    case 'parts':
      return source.parts.map((inner) => (inner.type === 'text' ? encodeText(inner) : encodeImage(inner)));
    case 'file':
      return [{ type: 'file', file: { file_id: source.id } }];
    case 'url':
      throw invalidRequest(
        'messages: a document by URL cannot be sent to this model; send it as base64',
        'messages',
      );
    case 'base64': {
      if (source.mediaType.startsWith('text/')) {
        return [titled(part, Buffer.from(source.data, 'base64').toString('utf8'))];
      }
      const filename = part.title ?? 'document.pdf';
      return [{ type: 'file', file: { filename, file_data: dataUrl(source.mediaType, source.data) } }];
    }
  }
}

/** A text part; citations and cache marks have no place in it. */
export const encodeText = (part: TextPart): JsonObject => ({ type: 'text', text: part.text });

/** A part of sound, base64. */
export const encodeAudio = (part: AudioPart): JsonObject => ({
  type: 'input_audio',
  input_audio: { data: part.data, format: part.format },
});
