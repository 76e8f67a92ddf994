import type { Response } from 'express';
import { FaregateError } from '../../../core/errors.js';
import { sendFile } from '../file-response.js';
import type { ExportFiles } from './export-files.store.js';
import type { ReadyExport } from './export-orders.service.js';

/**
 * Streams the file of an export with its size and its hash as the tag. Throws unavailable when this process does not see it;
 * returns the error of an answer that was cut short.
 */
export async function sendStoredFile(
  response: Response,
  { manifest, storageKey }: ReadyExport,
  files: ExportFiles,
): Promise<Error | null> {
  const [file] = manifest.files;
  if (!file || !(await files.has(storageKey))) {
    throw new FaregateError('unavailable', 'The file is not on this process’s EXPORT_DIR.', {
      internal: `export file ${storageKey} is missing: API and worker processes must share EXPORT_DIR`,
    });
  }
  return sendFile(response, {
    name: file.name,
    mediaType: file.media_type,
    pieces: files.read(storageKey),
    bytes: file.bytes,
    headers: {
      etag: `"${file.sha256}"`,
      'x-content-type-options': 'nosniff',
    },
  });
}
