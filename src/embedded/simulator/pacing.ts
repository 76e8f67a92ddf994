import type { SimulatedUsage } from './usage.js';

/** One event of a stream, or the whole body of an answer that does not stream. */
export interface Frame {
  text: string;
  /** The usage this frame tells the client. */
  reports?: SimulatedUsage | undefined;
}

/** Where the bytes of an answer are cut into writes: number[] are sizes, the rest goes in one piece. */
export type Cuts = 'per-event' | 'per-byte' | number[] | { randomSeed: number };

/** How an answer is sent. Nothing set means at once, one write per frame. */
export interface Pacing {
  /** Wait before the status line. */
  firstByteDelayMs?: number | undefined;
  /** Wait between writes. */
  chunkDelayMs?: number | undefined;
  cuts?: Cuts | undefined;
  /** One byte at a time with this gap; stands for `cuts: 'per-byte'` and `chunkDelayMs`. */
  slowDripMs?: number | undefined;
  /** Take the request and never send a status line. */
  neverAnswer?: boolean | undefined;
  /** Break the connection instead of sending a status line. */
  resetBeforeHeaders?: boolean | undefined;
  /** Break the connection after so many frames (0: right after the status line). */
  resetAfterFrames?: number | undefined;
  /** Break the connection after so many body bytes. */
  resetAfterBytes?: number | undefined;
  /** End the body cleanly, without terminator, after so many frames. */
  endAfterFrames?: number | undefined;
  /** Send the vendor's error frame after so many frames, then end. */
  errorAfterFrames?: number | undefined;
  /** Fall silent after so many frames, for `stallMs` or until the client gives up. */
  stallAfterFrames?: number | undefined;
  stallMs?: number | undefined;
}

/** One write, and the frames that are complete with it. */
export interface Piece {
  bytes: Buffer;
  completes: Frame[];
}

/** The writes that make up the frames; only `per-event` takes frames one by one, so use it for endless ones. */
export function* pieces(frames: Iterable<Frame>, cuts: Cuts): Generator<Piece> {
  if (cuts === 'per-event') {
    for (const frame of frames) yield { bytes: Buffer.from(frame.text), completes: [frame] };
    return;
  }
  const waiting: { frame: Frame; end: number }[] = [];
  const bodies: Buffer[] = [];
  let size = 0;
  for (const frame of frames) {
    const body = Buffer.from(frame.text);
    bodies.push(body);
    size += body.length;
    waiting.push({ frame, end: size });
  }
  const all = Buffer.concat(bodies);
  const sizes = pieceSizes(cuts);
  for (let from = 0; from < size;) {
    const to = Math.min(size, from + sizes.next().value);
    const count = waiting.findIndex(({ end }) => end > to);
    const done = waiting.splice(0, count < 0 ? waiting.length : count);
    yield { bytes: all.subarray(from, to), completes: done.map(({ frame }) => frame) };
    from = to;
  }
}

const MAX_RANDOM_PIECE_BYTES = 48;

function* pieceSizes(cuts: Exclude<Cuts, 'per-event'>): Generator<number, never> {
  if (Array.isArray(cuts)) for (const size of cuts) yield Math.max(1, size);
  let state = typeof cuts === 'object' && !Array.isArray(cuts) ? cuts.randomSeed >>> 0 : 0;
  for (;;) {
    if (Array.isArray(cuts)) yield Number.MAX_SAFE_INTEGER;
    else if (cuts === 'per-byte') yield 1;
    else {
      // A linear congruential generator: the same seed gives the same cuts everywhere.
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      yield 1 + ((state >>> 8) % MAX_RANDOM_PIECE_BYTES);
    }
  }
}
