import type { CompletionRequest, ContentPart } from './completion.js';

/** What a request carries that is no text. */
export interface Media {
  /** Bytes of the request's body that are a picture, a file or a sound (their base64); 0 for those named by address. */
  bytes: number;
  /** How many there are, by address or in the body. */
  count: number;
  hasImage: boolean;
  /** Documents that are text count as documents, but not as media. */
  hasDocument: boolean;
}

/** Bytes of text that are taken for one token. */
const BYTES_PER_TOKEN = 4;
/** Tokens that a picture, a file or a sound is taken for; the call's end brings the true figure. */
const MEDIA_TOKENS = 1_000;

/** The media of a request, those in tool results and in documents made of parts included. */
export function mediaOf(request: CompletionRequest): Media {
  const media: Media = { bytes: 0, count: 0, hasImage: false, hasDocument: false };
  const visit = (part: ContentPart): void => {
    switch (part.type) {
      case 'image':
        media.hasImage = true;
        break;
      case 'document':
        media.hasDocument = true;
        if (part.source.kind === 'parts') part.source.parts.forEach(visit);
        break;
      case 'tool-result':
        part.content.forEach(visit);
        break;
      default:
        break;
    }
    const size = sizeOf(part);
    if (size === undefined) return;
    media.bytes += size;
    media.count += 1;
  };
  for (const message of request.messages) message.content.forEach(visit);
  return media;
}

/** Tokens that so many UTF-8 bytes of text are taken for where nobody counted them; 0 for none. */
export const textTokens = (bytes: number): number => Math.ceil(bytes / BYTES_PER_TOKEN);

/**
 * Input tokens that a body of so many bytes is likely to be: a figure for limits, for a stream that must name one before
 * its vendor does, and for a charge where the vendor reported none; no upper bound.
 */
export function likelyInput(bodyBytes: number, media: Pick<Media, 'bytes' | 'count'>): number {
  return textTokens(Math.max(0, bodyBytes - media.bytes)) + media.count * MEDIA_TOKENS;
}

/** Bytes that a part which is not text has in the body; undefined for text. */
function sizeOf(part: ContentPart): number | undefined {
  if (part.type === 'audio') return part.data.length;
  if (part.type !== 'image' && part.type !== 'document') return undefined;
  const { source } = part;
  if (source.kind === 'text' || source.kind === 'parts') return undefined;
  return source.kind === 'base64' ? source.data.length : 0;
}
