import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { ReportFormat } from './report-plan.js';

/** A reader that takes nothing for so long is cut off, and its snapshot with it. */
const STALLED_READER_MS = 10 * 60_000;

/** Name and type of the file of a format. */
export const FILE_TYPES: Readonly<Record<ReportFormat, { extension: string; mediaType: string }>> = {
  csv: { extension: 'csv', mediaType: 'text/csv; charset=utf-8; header=present' },
  jsonl: { extension: 'jsonl', mediaType: 'application/jsonl; charset=utf-8' },
  parquet: { extension: 'parquet', mediaType: 'application/vnd.apache.parquet' },
  xlsx: {
    extension: 'xlsx',
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  },
  'focus-1.4': { extension: 'focus-1.4.csv', mediaType: 'text/csv; charset=utf-8; header=present' },
  'focus-1.2': { extension: 'focus-1.2.csv', mediaType: 'text/csv; charset=utf-8; header=present' },
};

export interface FileToSend {
  name: string;
  mediaType: string;
  pieces: AsyncGenerator<Buffer | string>;
}

/**
 * Streams a file. The first piece decides between a refusal in words, which is thrown, and a stream; after it, a stream
 * cut short is the only way left to say that the file is not whole, and the error is returned.
 */
export async function sendFile(response: Response, file: FileToSend): Promise<Error | null> {
  const first = await file.pieces.next();
  response.setHeader('content-type', file.mediaType);
  response.setHeader('content-disposition', `attachment; filename="${file.name}"`);
  response.setHeader('cache-control', 'no-store');
  response.setTimeout(STALLED_READER_MS, () => response.destroy());
  try {
    await pipeline(
      Readable.from(prepend(first, file.pieces), { objectMode: true, highWaterMark: 1 }),
      response,
    );
    return null;
  } catch (error) {
    return error as Error;
  }
}

async function* prepend<Piece>(
  first: IteratorResult<Piece>,
  rest: AsyncGenerator<Piece>,
): AsyncGenerator<Piece> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
