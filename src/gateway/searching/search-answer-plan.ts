import type { FaregateError } from '../../core/errors.js';
import { addUsage, emptyUsage, isComplete, mergeUsage, type TokenUsage } from '../../core/token-usage.js';
import type { CallMeter } from '../../metering/call-meter.js';
import type { CompletionEvent, CompletionResult, ContentPart } from '../../protocols/completion.js';
import type { RelayedChunk, StreamRelay } from '../../protocols/protocol.js';
import type { FoundPage, SearchRun } from '../../protocols/search-words.js';
import { paidFullContent, renderResults } from '../../search/render-results.js';
import type { SearchOptions } from '../../search/search-options.js';
import type { SearchOutcome } from '../../search/search.service.js';
import type { AnswerPlan, AnswerSides, LegRequest, NextStep } from '../answer-plan.js';
import { decodeWhole, openDecoder, relayOver, withCallersName, type Speaker } from '../relay.js';
import { CitationFinder } from './citation-finder.js';
import { SEARCH_FAILED } from './search-history.js';
import { finalReason, SearchLoop, type SearchStep } from './search-loop.js';
import { SearchView, type TurnView } from './search-view.js';
import { TurnBuilder, type Turn } from './turn-builder.js';

/** What an answer with searches needs beside its two ends. */
export interface SearchSetting {
  /** The call as it came in, with its search tool. */
  leg: LegRequest;
  options: SearchOptions;
  /** Searches that the hold pays for. */
  maxSearches: number;
  /** Output tokens that the hold pays for, over all upstream calls together. */
  outputLimit: number;
  /** Pages of a replayed history, in the order of their numbers. */
  knownPages: readonly FoundPage[];
  run: (query: string, options: SearchOptions, signal: AbortSignal) => Promise<SearchOutcome>;
  /** An id for a search that clients are shown: "srvtoolu_…". */
  newId: () => string;
}

/** An answer in which the gateway runs searches: upstream calls one after the other, with searches between them. */
export class SearchAnswerPlan implements AnswerPlan {
  private readonly loop: SearchLoop;
  private readonly finder = new CitationFinder();
  private readonly view: SearchView;
  private readonly left = new AbortController();
  /** The whole answer so far. */
  private readonly parts: ContentPart[] = [];
  private readonly usages: TokenUsage[] = [];
  private ownUsage: TokenUsage | undefined;
  private builder = new TurnBuilder();
  private turnView: TurnView | undefined;
  private turnUsage: TokenUsage = emptyUsage();
  private result: CompletionResult | undefined;
  private lastTurn: Turn | undefined;

  constructor(
    private readonly setting: SearchSetting,
    private readonly sides: AnswerSides,
    private readonly meter: Pick<CallMeter, 'addOwnUsage'>,
  ) {
    this.loop = new SearchLoop(setting.leg.asked, setting.maxSearches, setting.outputLimit);
    this.finder.add(setting.knownPages);
    this.view = new SearchView(sides.client, sides.identity, this.finder);
  }

  first(): readonly LegRequest[] {
    return [this.leg()];
  }

  openRelay(_: LegRequest, speaker: Speaker): StreamRelay {
    const { identity } = this.sides;
    const decoder = openDecoder(speaker, identity);
    const view = this.view.turn(this.loop.isOpen);
    const builder = new TurnBuilder();
    [this.builder, this.turnView, this.turnUsage] = [builder, view, emptyUsage()];
    const relay = (events: CompletionEvent[]): RelayedChunk => {
      let text = '';
      for (const event of events) {
        builder.observe(event);
        if (event.type === 'usage') this.turnUsage = mergeUsage(this.turnUsage, event.usage);
        text += view.push(withCallersName(event, identity.toolNames));
      }
      return { events, text };
    };
    return relayOver(decoder, relay);
  }

  readWhole(_: LegRequest, speaker: Speaker, text: string): CompletionResult {
    this.result = decodeWhole(text, speaker, this.sides.identity);
    this.turnUsage = this.result.usage;
    return this.result;
  }

  next(): NextStep | Promise<NextStep> {
    const turn = this.turn();
    this.lastTurn = turn;
    this.usages.push(this.turnUsage);
    const step = this.loop.decide(turn, outputOf(this.turnUsage, turn));
    if (!this.turnView) this.parts.push(...this.view.parts(turn.content));
    if (step.searches.length + step.refusals.length > 0) return this.search(turn, step);
    return { text: this.turnView?.release() ?? '', legs: [] };
  }

  failStream(error: FaregateError): string | undefined {
    return this.view.fail(error);
  }

  closeStream(): string {
    const { finishReason, stopSequence } = this.ending();
    return (
      this.view.push({ type: 'usage', usage: this.total() }) +
      this.view.push({ type: 'finish', reason: finishReason, stopSequence }) +
      this.view.end()
    );
  }

  closeWhole(): { body: string; usage: TokenUsage } {
    const { client, identity } = this.sides;
    const usage = this.total();
    const { id, model } = this.result ?? {};
    const choices = [{ content: this.parts, ...this.ending() }];
    return { body: JSON.stringify(client.encodeResponse({ id, model, choices, usage }, identity)), usage };
  }

  /** Searches under way are given up. */
  cancel(): void {
    this.left.abort();
  }

  private async search(turn: Turn, step: SearchStep): Promise<NextStep> {
    const { run, options, newId } = this.setting;
    const outcomes = await Promise.all(
      step.searches.map(async ({ callId, query }) => ({
        callId,
        query,
        ...(await run(query, options, this.left.signal)),
      })),
    );
    if (this.left.signal.aborted) return { text: '', legs: [] };
    this.charge(outcomes);
    const answers = outcomes.map(({ callId, pages, failed }) => {
      const text = failed ? SEARCH_FAILED : renderResults(pages, this.finder.nextNumber);
      this.finder.add(pages);
      return { callId, text, failed };
    });
    const refused = step.refusals.map(({ callId, reason }) => ({ callId, text: reason, failed: true }));
    const runs = outcomes.map(({ query, pages, failed }): SearchRun => ({
      id: newId(),
      query,
      pages,
      failed,
    }));
    if (!this.turnView) this.parts.push(...this.view.searchParts(runs));
    const text = this.turnView ? this.view.searches(runs) + this.turnView.release() : '';
    if (!step.goesOn) return { text, legs: [] };
    this.loop.append(turn, [...answers, ...refused]);
    return { text, legs: [this.leg()] };
  }

  /** Searches that worked, and full content beyond what is free, are charged from the moment they are done. */
  private charge(outcomes: readonly SearchOutcome[]): void {
    const done = outcomes.filter(({ failed }) => !failed);
    if (done.length === 0) return;
    const fullContentExtra = this.setting.options.fullContent.enable
      ? done.reduce((sum, { pages }) => sum + paidFullContent(pages), 0)
      : undefined;
    const usage: TokenUsage = { ...emptyUsage(), searches: done.length, fullContentExtra };
    this.ownUsage = this.ownUsage ? addUsage(this.ownUsage, usage) : usage;
    this.meter.addOwnUsage(usage);
  }

  /** The caller's own body stays the ground of each request; its tools and, later, its messages are written anew. */
  private leg(): LegRequest {
    return { ...this.setting.leg, asked: this.loop.request() };
  }

  private turn(): Turn {
    if (this.turnView) return this.builder.turn;
    const [choice] = this.result?.choices ?? [];
    return choice ?? { content: [], finishReason: 'other' };
  }

  private ending(): Pick<Turn, 'finishReason' | 'stopSequence'> {
    const turn = this.lastTurn;
    if (!turn) throw new Error('the answer is closed before it was read');
    return { finishReason: finalReason(turn), stopSequence: turn.stopSequence };
  }

  /** All turns and searches together; tokens only where every upstream call has reported its own. */
  private total(): TokenUsage {
    const reported = this.usages.every(isComplete)
      ? this.usages.reduce(addUsage, emptyUsage())
      : emptyUsage();
    return this.ownUsage ? addUsage(reported, this.ownUsage) : reported;
  }
}

/** Output tokens of a turn; by its size where the upstream has not counted. */
function outputOf(usage: TokenUsage, turn: Turn): number {
  if (usage.output.total !== undefined) return usage.output.total;
  return Math.ceil(Buffer.byteLength(JSON.stringify(turn.content)) / 4);
}
