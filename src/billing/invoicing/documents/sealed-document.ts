import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../core/canonical-json.js';
import type { IssuedDocument } from './invoice-document.js';

/** A document as it is stored: its canonical JSON, and the SHA-256 of that in hex. */
export interface SealedDocument {
  text: string;
  sha256: string;
}

/** Seals a document: the same content always makes the same text and hash. */
export function sealDocument(document: IssuedDocument): SealedDocument {
  const text = canonicalJson(document);
  return { text, sha256: createHash('sha256').update(text, 'utf8').digest('hex') };
}

/** A stored document as it was issued. */
export const openDocument = (text: string): IssuedDocument => JSON.parse(text) as IssuedDocument;
