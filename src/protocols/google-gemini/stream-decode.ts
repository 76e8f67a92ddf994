import { asArray, asObject, asString, isObject, tryParseJson, type JsonObject } from '../../core/json.js';
import { emptyUsage, mergeUsage, type TokenUsage } from '../../core/token-usage.js';
import type { CompletionEvent, StreamFailure } from '../completion.js';
import type { StreamDecoder } from '../protocol.js';
import type { SseEvent } from '../sse.js';
import { CandidateDecoder } from './candidate-decoder.js';
import { blockedPrompt, candidateIndex } from './candidates.js';
import { findError, streamFailure } from './error.js';
import { GroundedSearches } from './grounding.js';
import { answerIdOf } from './tool-ids.js';
import { decodeUsage, isUnreported } from './usage.js';
import { compact } from './wire.js';

const NOTHING: CompletionEvent[] = [];

/**
 * Reads a stream of generateContent answers. It has no terminator: the answer is whole when every candidate has named
 * its end and the upstream closes, or says no more once it has told the usage too. Usage is cumulative, the last report counts. An error object in place of an answer,
 * alone or in an array, is a failure.
 */
export class GeminiDecoder implements StreamDecoder {
  /** The stream failed or ended: nothing after it counts. */
  closed = false;
  /** Everything reported so far. */
  usage: TokenUsage = emptyUsage();
  private readonly candidates: CandidateDecoder[] = [];
  private readonly searches = new GroundedSearches();
  private blocked: { message: string | undefined } | undefined;
  private started = false;
  private answerId = '';
  private blocks = 0;
  private calls = 0;

  /** Every candidate has named its end; usage, signatures and more text may still follow. */
  get isFinished(): boolean {
    return this.candidates.length > 0
      ? this.candidates.every(({ isFinished }) => isFinished)
      : this.blocked !== undefined;
  }

  get hasEnded(): boolean {
    return this.closed || (this.isFinished && !isUnreported(this.usage));
  }

  push(event: SseEvent): CompletionEvent[] {
    if (this.closed || event.data.trim() === '') return NOTHING;
    const parsed = tryParseJson(event.data);
    const chunks = Array.isArray(parsed) ? parsed : [parsed];
    return chunks.flatMap((chunk) =>
      isObject(chunk)
        ? this.read(chunk)
        : this.fail({ kind: 'upstream', message: 'The upstream sent a chunk that is not JSON' }),
    );
  }

  /** One chunk that is parsed already. */
  read(chunk: JsonObject): CompletionEvent[] {
    if (this.closed) return NOTHING;
    const error = findError(chunk);
    if (error) return this.fail(streamFailure(error));
    const events: CompletionEvent[] = [];
    if (!this.started) {
      this.started = true;
      this.answerId = answerIdOf(chunk);
      const id = asString(chunk['responseId']);
      events.push(compact({ type: 'start', id, model: asString(chunk['modelVersion']) } as const));
    }
    for (const candidate of asArray(chunk['candidates']).filter(isObject))
      this.candidateOf(candidate).push(candidate, events);
    this.blocked ??= blockedPrompt(chunk);
    this.report(chunk, events);
    return events;
  }

  end(): CompletionEvent[] {
    if (this.closed) return NOTHING;
    if (!this.isFinished)
      return this.fail({
        kind: 'upstream',
        message: 'The upstream closed the stream before it was complete',
      });
    this.closed = true;
    const events: CompletionEvent[] = [];
    this.candidates.forEach((candidate) => candidate.finish(events));
    if (this.candidates.length > 0) return events;
    const message = this.blocked?.message;
    return [
      ...(message === undefined ? [] : [{ type: 'refusal-delta' as const, text: message }]),
      { type: 'finish', reason: 'content-filter' },
    ];
  }

  /** What a chunk tells of the usage; Vertex sends `trafficType` alone on most of them. */
  private report(chunk: JsonObject, events: CompletionEvent[]): void {
    this.searches.note(chunk);
    const searches = this.searches.count;
    const usage = decodeUsage(asObject(chunk['usageMetadata']) ?? {});
    if (isUnreported(usage) && searches === this.usage.searches) return;
    this.usage = mergeUsage(this.usage, { ...usage, searches });
    events.push({ type: 'usage', usage: this.usage });
  }

  private candidateOf(candidate: JsonObject): CandidateDecoder {
    const index = candidateIndex(candidate);
    const context = {
      nextBlock: () => this.blocks++,
      nextCall: () => this.calls++,
      answerId: () => this.answerId,
    };
    return (this.candidates[index] ??= new CandidateDecoder(context, index));
  }

  private fail(failure: StreamFailure): CompletionEvent[] {
    if (this.closed) return NOTHING;
    this.closed = true;
    return [{ type: 'error', failure }];
  }
}
