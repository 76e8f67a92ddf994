import { asString, isObject, type JsonObject } from '../../core/json.js';
import type { ContentPart, ImagePart, MediaSource, ToolCallPart } from '../completion.js';
import { parseSignature, signatureOf } from './signature.js';
import { at, compact, member, nameIn, readObject, readString, refuse, requireString } from './wire.js';

/** Arguments of a function call as JSON text; none are an empty object. */
export const argumentsText = (args: unknown): string => JSON.stringify(isObject(args) ? args : {});

/** Bytes or an address, with the media type that both give. */
function mediaOf(part: JsonObject, path: string): { mediaType: string; source: MediaSource } | undefined {
  const inline = readObject(part, 'inlineData', path);
  if (inline !== undefined) {
    const own = at(path, nameIn(part, 'inlineData'));
    const mediaType = requireString(inline, 'mimeType', own);
    return { mediaType, source: { kind: 'base64', mediaType, data: requireString(inline, 'data', own) } };
  }
  const file = readObject(part, 'fileData', path);
  if (file === undefined) return undefined;
  const own = at(path, nameIn(part, 'fileData'));
  const uri = requireString(file, 'fileUri', own);
  const isHeld = uri.startsWith('gs://') || uri.startsWith('https://generativelanguage.googleapis.com/');
  return {
    mediaType: readString(file, 'mimeType', own) ?? 'application/octet-stream',
    source: isHeld ? { kind: 'file', id: uri } : { kind: 'url', url: uri },
  };
}

/** Formats by which audio is known on Chat, by Google's media types. */
const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
]);

/** An `inlineData` or `fileData` part; video and rare audio stay as they came, for Google alone reads them. */
export function readMedia(part: JsonObject, path: string): ContentPart | undefined {
  const media = mediaOf(part, path);
  if (media === undefined) return undefined;
  const { mediaType, source } = media;
  const format = AUDIO_FORMATS.get(mediaType);
  if (format !== undefined && source.kind === 'base64') return { type: 'audio', format, data: source.data };
  if (/^(?:video|audio)\//.test(mediaType)) return { type: 'opaque', protocol: 'google-gemini', raw: part };
  if (mediaType.startsWith('image/')) return { type: 'image', source };
  if (mediaType.startsWith('text/') && source.kind === 'base64') {
    return {
      type: 'document',
      source: { kind: 'text', text: Buffer.from(source.data, 'base64').toString('utf8') },
    };
  }
  return { type: 'document', source };
}

/** Images of a function response (`functionResponse.parts`); other media are kept as documents. */
export const readResultMedia = (part: JsonObject, path: string): ImagePart | ContentPart =>
  readMedia(part, path) ?? refuse(path, 'must hold inlineData or fileData');

/** Text, thought, and what a signature on either stands for. */
function readText(part: JsonObject, path: string): ContentPart[] {
  const text = readString(part, 'text', path) ?? '';
  const isThought = part['thought'] === true;
  const carried = parseSignature(asString(member(part, 'thoughtSignature')));
  if (carried?.kind === 'redacted') {
    return [{ type: 'redacted-thinking', data: carried.data, issuer: carried.issuer }];
  }
  const signature = carried?.signature;
  if (isThought)
    return text === '' && !signature ? [] : [compact({ type: 'thinking' as const, text, signature })];
  // The inner language has signatures on thinking alone: one on plain text is an empty, signed thought behind it.
  return [
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...(signature ? [{ type: 'thinking' as const, text: '', signature }] : []),
  ];
}

/** A function call; `id` is absent where Google gave none. */
export interface DecodedCall extends Omit<ToolCallPart, 'id'> {
  id?: string | undefined;
}

/** The function call of a part; undefined when it has none. Throws `invalid_request` when it is no call. */
export function readCall(part: JsonObject, path: string): DecodedCall | undefined {
  const call = readObject(part, 'functionCall', path);
  if (call === undefined) return undefined;
  const own = at(path, nameIn(part, 'functionCall'));
  return compact<DecodedCall>({
    type: 'tool-call',
    id: readString(call, 'id', own) || undefined,
    name: requireString(call, 'name', own),
    arguments: argumentsText(readObject(call, 'args', own)),
    signature: signatureOf(asString(member(part, 'thoughtSignature'))),
  });
}

/** A part that is neither a call nor a result; kinds with no word in the inner language stay as they came. */
export function readPart(part: JsonObject, path: string): ContentPart[] {
  if (member(part, 'text') !== undefined) return readText(part, path);
  const media = readMedia(part, path);
  if (media !== undefined) return [media];
  const { thoughtSignature: _camel, thought_signature: _snake, thought: _thought, ...rest } = part;
  if (Object.keys(rest).length > 0) return [{ type: 'opaque', protocol: 'google-gemini', raw: part }];
  const carried = readText({ ...part, text: '' }, path);
  return carried.length > 0
    ? carried
    : refuse(path, 'must hold text, inlineData, fileData or a function call');
}

/**
 * Joins what streams cut apart: the pieces of a text, those of a thought, and the signature that came behind a thought in a
 * part of its own. A signature ends its thought. Any other order is kept.
 */
export function joinPieces(parts: readonly ContentPart[]): ContentPart[] {
  const joined: ContentPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const whole = last && continued(last, part);
    if (whole) joined[joined.length - 1] = whole;
    else joined.push(part);
  }
  return joined;
}

/** The part with the piece that continues it; undefined when the piece begins another one. */
function continued(part: ContentPart, piece: ContentPart): ContentPart | undefined {
  if (part.type === 'text' && piece.type === 'text') return { ...part, text: part.text + piece.text };
  if (part.type !== 'thinking' || piece.type !== 'thinking' || part.signature) return undefined;
  const isWhole = piece.signature !== undefined && piece.text !== '';
  return isWhole ? undefined : { ...part, ...piece, text: part.text + piece.text };
}
