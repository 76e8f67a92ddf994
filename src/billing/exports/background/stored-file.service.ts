import type { Response } from 'express';
import { FaregateError, openAiErrorBody } from '../../../core/errors.js';
import { STALLED_READER_MS } from '../file-response.js';
import type { ExportFiles } from './export-files.store.js';
import type { ReadyExport } from './export-orders.service.js';

/** What `send` says of a file that it could not send. */
interface SendError extends Error {
  /** Absent when the reader left. */
  status?: number;
  headers?: Record<string, string>;
}

/**
 * Sends the file of an export, or the part that the reader asks for (`Range`), with its hash as the tag: the same bytes for as long
 * as the file is kept. Throws unavailable when this process does not see it; returns the error of an answer that was cut short.
 */
export async function sendStoredFile(
  response: Response,
  { manifest, storageKey }: ReadyExport,
  files: ExportFiles,
): Promise<Error | null> {
  const [file] = manifest.files;
  const place = await files.locate(storageKey);
  if (!file || place === null) {
    throw new FaregateError('unavailable', 'The file is not on this process’s EXPORT_DIR.', {
      internal: `export file ${storageKey} is missing: API and worker processes must share EXPORT_DIR`,
    });
  }
  response.set({
    'content-type': file.media_type,
    'content-disposition': `attachment; filename="${file.name}"`,
    'cache-control': 'no-store',
    etag: `"${file.sha256}"`,
    'x-content-type-options': 'nosniff',
  });
  response.setTimeout(STALLED_READER_MS, () => response.destroy());
  const error = await new Promise<SendError | undefined>((resolve) => {
    const options = { root: place.root, cacheControl: false, lastModified: false };
    response.sendFile(place.name, options, (failed?: SendError) => resolve(failed));
  });
  if (error === undefined || response.writableEnded) return null;
  if (response.headersSent || error.status === undefined) return error;
  refuse(response, error);
  return null;
}

/** The range lies outside the file: nothing was sent, and the answer says how long it is. */
function refuse(response: Response, error: SendError): void {
  if (error.status !== 416) throw error;
  const refusal = new FaregateError('invalid_request', 'The range lies outside the file.', {
    param: 'range',
    code: 'range_not_satisfiable',
  });
  for (const name of ['content-type', 'content-disposition', 'etag']) response.removeHeader(name);
  response.status(416).set({ 'content-range': error.headers?.['Content-Range'] ?? '' });
  response.json(openAiErrorBody(refusal));
}
