import { asString, type JsonValue } from '../../core/json.js';
import type { ThinkingSignature } from '../completion.js';

/** Issuer of the encrypted reasoning that OpenAI makes. */
export const ISSUER = 'openai';

/**
 * What `encrypted_content` of a reasoning item holds: a signature of thinking, a redacted thinking block, or the
 * signature that a vendor put on a tool call (Gemini), which this protocol has no other place for.
 */
export type Encrypted =
  | { kind: 'thinking'; signature: ThinkingSignature }
  | { kind: 'redacted'; signature: ThinkingSignature }
  | { kind: 'call'; callId: string; signature: ThinkingSignature };

/** OpenAI's own content is base64 and never holds a colon; what others signed is marked with their name. */
const MARK = /^([a-z][a-z0-9-]{0,40})(?:\/(redacted)|\/call=([^:]*))?:/;

/** Whether a text carries the mark of another issuer or kind. */
export const isMarked = (text: string): boolean => MARK.test(text);

/**
 * Reads `encrypted_content`. An unmarked one belongs to `issuer`, who checks it together with the item's id: both are
 * kept, as "rs_…:content".
 */
export function readEncrypted(text: string, id: JsonValue | undefined, issuer = ISSUER): Encrypted {
  const [mark, owner, redacted, call] = MARK.exec(text) ?? [];
  if (mark === undefined || owner === undefined) {
    const itemId = asString(id);
    return { kind: 'thinking', signature: { issuer, value: itemId ? `${itemId}:${text}` : text } };
  }
  const signature = { issuer: owner, value: text.slice(mark.length) };
  if (call !== undefined) return { kind: 'call', callId: decodeURIComponent(call), signature };
  return { kind: redacted === undefined ? 'thinking' : 'redacted', signature };
}

/** The parts of an own signature: the item it was made for, when that is known, and its content. */
export function splitSignature(value: string): { id?: string; content: string } {
  const colon = value.indexOf(':');
  return colon <= 0 ? { content: value } : { id: value.slice(0, colon), content: value.slice(colon + 1) };
}

/** `encrypted_content` for a client: OpenAI's own as it came where it stands on its own item, else marked. */
export function writeEncrypted(encrypted: Encrypted, itemId: string): string {
  const { kind, signature } = encrypted;
  if (kind === 'thinking' && signature.issuer === ISSUER) {
    const { id, content } = splitSignature(signature.value);
    if (id === itemId) return content;
  }
  const suffix =
    kind === 'thinking'
      ? ''
      : kind === 'redacted'
        ? '/redacted'
        : `/call=${encodeURIComponent(encrypted.callId)}`;
  return `${signature.issuer}${suffix}:${signature.value}`;
}
