import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** A reader that takes nothing for so long is cut off, and its snapshot with it. */
const STALLED_READER_MS = 10 * 60_000;

/** A file on its way to a caller. */
export interface FileToSend {
  name: string;
  mediaType: string;
  pieces: AsyncGenerator<Buffer | string>;
  /** How long it is, where that is known before. */
  bytes?: number | undefined;
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
  if (file.bytes !== undefined) response.setHeader('content-length', file.bytes);
  for (const [name, value] of Object.entries(file.headers ?? {})) response.setHeader(name, value);
  response.setTimeout(STALLED_READER_MS, () => response.destroy());
  let sent = 0;
  const counted = async function* () {
    for await (const piece of prepend(first, file.pieces)) {
      sent += piece.length;
      yield piece;
    }
  };
  try {
    await pipeline(Readable.from(counted(), { objectMode: true, highWaterMark: 1 }), response);
    return null;
  } catch (error) {
    // A reader that knows the length may leave with the last byte, before the answer has ended.
    return sent === file.bytes ? null : (error as Error);
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
