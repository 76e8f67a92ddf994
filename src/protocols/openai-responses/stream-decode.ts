import { asArray, asObject, asString, isObject, tryParseJson, type JsonObject } from '../../core/json.js';
import { emptyUsage, type TokenUsage } from '../../core/token-usage.js';
import type { CompletionEvent, StreamFailure } from '../completion.js';
import type { StreamDecoder } from '../protocol.js';
import type { SseEvent } from '../sse.js';
import { decodeStreamFailure } from './error.js';
import { decodeFinishReason } from './finish-reason.js';
import { impliedItem, startItem, type OpenItem } from './stream-items.js';
import { isSearch, usageOf } from './usage.js';
import { VendorTools } from './vendor-tools.js';
import { compact } from './wire.js';

/** What some copies of the protocol put at the end; says nothing. */
export const DONE = '[DONE]';

const NOTHING: CompletionEvent[] = [];

type Handler = (state: ResponsesDecoder, raw: JsonObject) => CompletionEvent[];

/**
 * Reads a Responses stream. Items are told apart by `output_index`, because some upstreams give every event another
 * item id. Bears missing events (an item without its start, parts or deltas), unknown ones, items that were never
 * closed. A stream without `response.completed` or `response.incomplete` is a failure.
 */
export class ResponsesDecoder implements StreamDecoder {
  /** The last event came, or the stream failed: nothing after it counts. */
  closed = false;
  /** What the answer used; absent until its last event, or when that reports nothing. */
  usage: TokenUsage | undefined;
  private started = false;
  private blocks = 0;
  private hasCalls = false;
  private sawItems = false;
  private readonly open = new Map<unknown, OpenItem>();
  private readonly searched = new Set<unknown>();
  private readonly context;
  /** Whose calls the vendor answers itself. */
  readonly tools = new VendorTools();

  /** `issuer` signed the stream's reasoning; absent means OpenAI. */
  constructor(issuer?: string) {
    this.context = { nextBlock: (): number => this.blocks++, issuer, tools: this.tools };
  }

  get hasEnded(): boolean {
    return this.closed;
  }

  push(event: SseEvent): CompletionEvent[] {
    if (this.closed || event.data === DONE) return NOTHING;
    const raw = tryParseJson(event.data);
    if (!isObject(raw))
      return this.fail({ kind: 'upstream', message: 'The upstream sent an unreadable event' });
    return this.read(raw, event.event);
  }

  /** One event that is parsed already; `name` is its `event:` line, used when the data has no type. */
  read(raw: JsonObject, name: string | undefined): CompletionEvent[] {
    if (this.closed) return NOTHING;
    const type = asString(raw['type']) ?? (isObject(raw['error']) ? 'error' : (name ?? ''));
    const handler = HANDLERS.get(type);
    return handler ? handler(this, raw) : this.itemEvent(type, raw);
  }

  end(): CompletionEvent[] {
    return this.fail({ kind: 'upstream', message: 'The upstream closed the stream before it was complete' });
  }

  fail(failure: StreamFailure): CompletionEvent[] {
    if (this.closed) return NOTHING;
    this.closed = true;
    return [{ type: 'error', failure }];
  }

  begin(response: JsonObject): CompletionEvent[] {
    this.tools.note(response);
    if (this.started) return NOTHING;
    this.started = true;
    return [
      compact({ type: 'start', id: asString(response['id']), model: asString(response['model']) } as const),
    ];
  }

  addItem(raw: JsonObject): CompletionEvent[] {
    const item = asObject(raw['item']) ?? {};
    const key = keyOf(raw);
    const closing = this.open.has(key) ? this.endItem(key, undefined) : NOTHING;
    const { events, open } = startItem(item, this.context);
    this.sawItems = true;
    this.open.set(key, open);
    return closing === NOTHING ? this.note(events) : [...closing, ...this.note(events)];
  }

  doneItem(raw: JsonObject): CompletionEvent[] {
    const item = asObject(raw['item']) ?? {};
    const key = keyOf(raw);
    const opening = this.open.has(key) ? NOTHING : this.addItem(raw);
    return [...opening, ...this.endItem(key, item), ...this.countSearch(key, item)];
  }

  itemEvent(type: string, raw: JsonObject): CompletionEvent[] {
    const key = keyOf(raw);
    const open = this.open.get(key);
    if (open) return open.event(type, raw);
    const implied = impliedItem(type);
    if (implied === undefined) return NOTHING;
    const opening = this.addItem({ ...raw, item: implied });
    return [...opening, ...(this.open.get(key)?.event(type, raw) ?? NOTHING)];
  }

  /** The answer is complete: closes what is open and says how it ended. */
  finish(response: JsonObject): CompletionEvent[] {
    if (isObject(response['error'])) return this.fail(decodeStreamFailure({ response }));
    const events = [...this.begin(response)];
    const output = asArray(response['output']).filter(isObject);
    if (!this.sawItems)
      output.forEach((item, index) => events.push(...this.doneItem({ item, output_index: index })));
    for (const key of this.open.keys()) events.push(...this.endItem(key, output.find(isAt(key))));
    const usage = usageOf(response, this.searched.size);
    if (isObject(response['usage']) || usage.searches) {
      this.usage = usage;
      events.push({ type: 'usage', usage });
    }
    events.push({ type: 'finish', reason: decodeFinishReason(response, this.hasCalls) });
    this.closed = true;
    return events;
  }

  private endItem(key: unknown, whole: JsonObject | undefined): CompletionEvent[] {
    const open = this.open.get(key);
    this.open.delete(key);
    return this.note(open?.end(whole) ?? NOTHING);
  }

  /** A search is told as soon as it has ended: a caller who hangs up later pays for it. */
  private countSearch(key: unknown, item: JsonObject): CompletionEvent[] {
    if (!isSearch(item)) return NOTHING;
    this.searched.add(key);
    return [{ type: 'usage', usage: { ...emptyUsage(), searches: this.searched.size } }];
  }

  private note(events: CompletionEvent[]): CompletionEvent[] {
    this.hasCalls ||= events.some((event) => event.type === 'tool-start');
    return events;
  }
}

const keyOf = (raw: JsonObject): unknown =>
  raw['output_index'] ?? raw['item_id'] ?? asObject(raw['item'])?.['id'];

const isAt =
  (key: unknown) =>
  (item: JsonObject, index: number): boolean =>
    key === index || (key !== undefined && key === item['id']);

const responseOf = (raw: JsonObject): JsonObject => asObject(raw['response']) ?? {};

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['response.created', (state, raw) => state.begin(responseOf(raw))],
  ['response.queued', (state, raw) => state.begin(responseOf(raw))],
  ['response.in_progress', (state, raw) => state.begin(responseOf(raw))],
  ['response.output_item.added', (state, raw) => state.addItem(raw)],
  ['response.output_item.done', (state, raw) => state.doneItem(raw)],
  ['response.completed', (state, raw) => state.finish(responseOf(raw))],
  ['response.incomplete', (state, raw) => state.finish(responseOf(raw))],
  ['response.failed', (state, raw) => state.fail(decodeStreamFailure(raw))],
  ['error', (state, raw) => state.fail(decodeStreamFailure(raw))],
]);
