import { invalidRequest } from '../../core/errors.js';
import { isObject, tryParseJson, type JsonObject } from '../../core/json.js';
import type { AudioPart, DocumentPart, ImagePart, MediaSource } from '../completion.js';
import { compact } from './wire.js';

/** A tool call's JSON text as the object Google wants; what is not an object's text is wrapped, never lost. */
export function callArguments(text: string): JsonObject {
  if (text.trim() === '') return {};
  const value = tryParseJson(text);
  return isObject(value) ? value : { _raw: text };
}

/** First base64 characters of image formats: what the bytes are counts, not what the caller called them. */
const IMAGE_MAGIC: readonly (readonly [string, string])[] = [
  ['iVBOR', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
];

const TYPE_OF_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['heic', 'image/heic'],
  ['pdf', 'application/pdf'],
]);

/** Google wants the type of what it fetches; the address usually tells. */
function typeOfUrl(url: string, fallback: string): string {
  const extension = /\.([a-z]{3,4})(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase();
  return TYPE_OF_EXTENSION.get(extension ?? '') ?? fallback;
}

function encodeSource(source: MediaSource, fallback: string): JsonObject {
  if (source.kind === 'base64') {
    const known = IMAGE_MAGIC.find(([magic]) => source.data.startsWith(magic))?.[1];
    return { inlineData: { mimeType: known ?? source.mediaType, data: source.data } };
  }
  if (source.kind === 'url')
    return { fileData: { mimeType: typeOfUrl(source.url, fallback), fileUri: source.url } };
  if (!/^(?:https|gs):\/\//.test(source.id))
    throw invalidRequest(
      'contents: a file by its id cannot be sent to this model; send its bytes',
      'contents',
    );
  return { fileData: { mimeType: typeOfUrl(source.id, fallback), fileUri: source.id } };
}

/** An image; one whose type nobody said is called a JPEG. */
export const encodeImage = (part: ImagePart): JsonObject => encodeSource(part.source, 'image/jpeg');

/** Audio by Chat's name of its format (row 52). */
export const encodeAudio = ({ format, data }: AudioPart): JsonObject => ({
  inlineData: { mimeType: `audio/${format}`, data },
});

/** A document: text as text, with its title and context before it; bytes and addresses as media. */
export function encodeDocument(part: DocumentPart): JsonObject[] {
  const { source, title, context } = part;
  const head = [title, context].filter((text) => text !== undefined && text !== '').join('\n');
  const titled = (text: string): JsonObject[] => [{ text: head === '' ? text : `${head}\n\n${text}` }];
  switch (source.kind) {
    case 'text':
      return titled(source.text);
    case 'parts': {
      const parts = source.parts.map((inner) =>
        inner.type === 'text' ? { text: inner.text } : encodeImage(inner),
      );
      return head === '' ? parts : [{ text: head }, ...parts];
    }
    default: {
      if (source.kind === 'base64' && source.mediaType.startsWith('text/'))
        return titled(Buffer.from(source.data, 'base64').toString('utf8'));
      const media = encodeSource(source, 'application/pdf');
      return head === '' ? [media] : [{ text: head }, media];
    }
  }
}

/** A part with its signature, when it has one. */
export const signed = (part: JsonObject, thoughtSignature: string | undefined): JsonObject =>
  compact<JsonObject>({ ...part, thoughtSignature });
