import { invalidRequest } from '../../core/errors.js';
import { asString, type JsonObject, type JsonValue } from '../../core/json.js';
import type {
  AudioPart,
  DocumentPart,
  ImagePart,
  MediaSource,
  RefusalPart,
  TextPart,
} from '../completion.js';
import { decodeMediaUrl } from '../openai-chat/content.js';
import { readString, requireObject, requireString } from '../openai-chat/wire.js';
import { compact } from './wire.js';

/** What a message or a tool's output may hold. */
export type InputPart = TextPart | ImagePart | DocumentPart | AudioPart | RefusalPart;

type PartDecoder = (part: JsonObject, path: string) => InputPart;

const decodeText: PartDecoder = (part, path) => ({
  type: 'text',
  text: readString(part, 'text', path) ?? '',
});

function decodeImage(part: JsonObject, path: string): ImagePart {
  const id = readString(part, 'file_id', path);
  const source: MediaSource = id
    ? { kind: 'file', id }
    : decodeMediaUrl(requireString(part, 'image_url', path), `${path}.image_url`);
  return compact<ImagePart>({ type: 'image', source, detail: readString(part, 'detail', path) });
}

/** Bytes of a file: a data URL, or bare base64, which OpenAI takes for a PDF. */
function fileBytes(text: string, path: string): MediaSource {
  if (text.startsWith('data:')) return decodeMediaUrl(text, path);
  if (/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text))
    return { kind: 'base64', mediaType: 'application/pdf', data: text };
  throw invalidRequest(`${path} must be a base64 data URL`, path);
}

function fileSource(part: JsonObject, path: string): MediaSource {
  const id = readString(part, 'file_id', path);
  if (id) return { kind: 'file', id };
  const url = readString(part, 'file_url', path);
  if (url) return { kind: 'url', url };
  return fileBytes(requireString(part, 'file_data', path), `${path}.file_data`);
}

const decodeFile = (part: JsonObject, path: string): DocumentPart =>
  compact<DocumentPart>({
    type: 'document',
    title: readString(part, 'filename', path),
    source: fileSource(part, path),
  });

function decodeAudio(part: JsonObject, path: string): AudioPart {
  const audio = requireObject(part['input_audio'], `${path}.input_audio`);
  const format = requireString(audio, 'format', `${path}.input_audio`);
  return { type: 'audio', format, data: requireString(audio, 'data', `${path}.input_audio`) };
}

const PART_DECODERS: ReadonlyMap<string, PartDecoder> = new Map<string, PartDecoder>([
  ['input_text', decodeText],
  ['output_text', decodeText],
  ['text', decodeText],
  ['input_image', decodeImage],
  ['input_file', decodeFile],
  ['input_audio', decodeAudio],
  ['refusal', (part, path) => ({ type: 'refusal', text: requireString(part, 'refusal', path) })],
]);

/** Content of a message or an output: a text or parts. An empty text is nothing. Throws naming the part. */
export function decodeInputContent(content: JsonValue | undefined, path: string): InputPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw invalidRequest(`${path} must be a string or an array of parts`, path);
  return content
    .map((item, index) => {
      const partPath = `${path}.${index}`;
      const part = requireObject(item, partPath);
      const decode = PART_DECODERS.get(asString(part['type']) ?? '');
      if (decode) return decode(part, partPath);
      const known = [...PART_DECODERS.keys()].join(', ');
      throw invalidRequest(`${partPath}.type must be one of: ${known}`, `${partPath}.type`);
    })
    .filter((part) => part.type !== 'text' || part.text !== '');
}
