import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** A reader that takes nothing for so long is cut off, and its snapshot with it. */
export const STALLED_READER_MS = 10 * 60_000;

/** A file on its way to a caller. */
export interface FileToSend {
  name: string;
  mediaType: string;
  pieces: AsyncGenerator<Buffer | string>;
  /** Further headers; absent: none. */
  headers?: Record<string, string> | undefined;
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
  for (const [name, value] of Object.entries(file.headers ?? {})) response.setHeader(name, value);
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
