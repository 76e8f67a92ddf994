import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../../core/clock.js';
import type { AnswerEnd, Journal, JournalEntry } from './journal.js';
import { pieces, type Frame, type Piece } from './pacing.js';
import type { Reply } from './reply.js';

/** Thrown inside a delivery to end it there. */
class Ended extends Error {
  constructor(readonly end: AnswerEnd) {
    super(end);
  }
}

/** Sends one reply as its pacing says, and keeps the journal entry up to date. */
export class Delivery {
  private readonly hangUp = new AbortController();
  private readonly whileConnected = { signal: this.hangUp.signal };

  constructor(
    private readonly response: ServerResponse,
    private readonly reply: Reply,
    private readonly entry: JournalEntry,
    private readonly journal: Journal,
    /** The frame that `errorAfterFrames` sends. */
    private readonly brokenOff: Frame,
  ) {
    response.once('close', () => this.hangUp.abort());
    response.on('error', () => this.hangUp.abort());
    entry.answer.streamed = reply.streamed;
    entry.answer.modelUsage = reply.modelUsage;
  }

  async run(): Promise<void> {
    const end = await this.send().then(
      () => (this.reply.status >= 400 ? 'refused' : 'complete'),
      (thrown: unknown) => {
        if (thrown instanceof Ended) return thrown.end;
        if (this.hangUp.signal.aborted) return 'client-aborted';
        throw thrown;
      },
    );
    // Node hands writes to the socket at the end of the turn; a reset comes after them.
    if (end === 'reset') await nextTurn();
    if (end === 'client-aborted' || end === 'reset') this.response.destroy();
    else await this.finish();
    const wasCutOff = !this.response.writableFinished && end !== 'reset';
    this.journal.end(this.entry, wasCutOff ? 'client-aborted' : end, nowMs());
  }

  private async send(): Promise<void> {
    const { pacing, status, headers } = this.reply;
    if (pacing.neverAnswer === true) await this.silence();
    if (pacing.resetBeforeHeaders === true) throw new Ended('reset');
    if (pacing.firstByteDelayMs !== undefined)
      await sleep(pacing.firstByteDelayMs, undefined, this.whileConnected);
    this.response.writeHead(status, headers);
    this.entry.answer.status = status;
    if (this.reply.streamed) this.response.flushHeaders();
    const frames = this.reply.frames[Symbol.iterator]();
    let passed = 0;
    for (const { afterFrames, act } of this.turningPoints()) {
      await this.sendFrames(take(frames, afterFrames - passed));
      passed = afterFrames;
      this.response.flushHeaders();
      await act();
    }
    await this.sendFrames(take(frames, Infinity));
  }

  /** What happens in the middle of the answer, in order; an answer with fewer frames gets there at its end. */
  private turningPoints(): { afterFrames: number; act: () => Promise<void> }[] {
    const { pacing } = this.reply;
    const end = async (how: AnswerEnd): Promise<never> => Promise.reject(new Ended(how));
    const points = [
      { afterFrames: pacing.stallAfterFrames, act: () => this.silence(pacing.stallMs) },
      {
        afterFrames: pacing.errorAfterFrames,
        act: () => this.sendFrames([this.brokenOff]).then(() => end('cut')),
      },
      { afterFrames: pacing.resetAfterFrames, act: () => end('reset') },
      { afterFrames: pacing.endAfterFrames, act: () => end('cut') },
    ];
    return points
      .flatMap(({ afterFrames, act }) => (afterFrames === undefined ? [] : [{ afterFrames, act }]))
      .toSorted((a, b) => a.afterFrames - b.afterFrames);
  }

  private async sendFrames(frames: Iterable<Frame>): Promise<void> {
    const { pacing } = this.reply;
    const cuts = pacing.slowDripMs === undefined ? (pacing.cuts ?? 'per-event') : 'per-byte';
    const gapMs = pacing.slowDripMs ?? pacing.chunkDelayMs;
    for (const piece of pieces(frames, cuts)) {
      await this.write(piece);
      if (gapMs !== undefined) await sleep(gapMs, undefined, this.whileConnected);
      // Separate turns of the event loop keep the writes apart on the wire.
      else if (cuts !== 'per-event') await nextTurn(undefined, this.whileConnected);
    }
  }

  private async write({ bytes, completes }: Piece): Promise<void> {
    if (this.hangUp.signal.aborted) throw new Ended('client-aborted');
    const { answer } = this.entry;
    const room = (this.reply.pacing.resetAfterBytes ?? Infinity) - answer.bytesSent;
    const sent = bytes.subarray(0, Math.min(bytes.length, room));
    const isTaken = this.response.write(sent);
    answer.bytesSent += sent.length;
    if (sent.length < bytes.length) throw new Ended('reset');
    for (const frame of completes) {
      answer.framesSent++;
      if (frame.reports !== undefined) answer.usage = frame.reports;
    }
    this.journal.changed();
    if (!isTaken) await once(this.response, 'drain', this.whileConnected);
  }

  /** Says nothing for the time, or for good. */
  private async silence(forMs?: number): Promise<void> {
    this.journal.changed();
    if (forMs !== undefined) return sleep(forMs, undefined, this.whileConnected);
    if (!this.hangUp.signal.aborted) await once(this.hangUp.signal, 'abort');
    throw new Ended('client-aborted');
  }

  private async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.response.destroyed) resolve();
      this.response.once('close', () => resolve());
      this.response.end(() => resolve());
    });
  }
}

/** The next frames of an iterator; what is left stays in it. */
function* take(frames: Iterator<Frame>, count: number): Generator<Frame> {
  for (let taken = 0; taken < count; taken++) {
    const next = frames.next();
    if (next.done === true) return;
    yield next.value;
  }
}
