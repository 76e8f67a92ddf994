import type { FaregateError } from '../../core/errors.js';
import { asArray, asObject, asString, isObject, tryParseJson } from '../../core/json.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { ObjectText, spliceMembers } from '../json-splice.js';
import type { RelayedChunk, ResponseIdentity, StreamRelay } from '../protocol.js';
import { namedEvent, type SseEvent } from '../sse.js';
import { completeAnnotation } from './annotations.js';
import { envelope } from './envelope.js';
import { failedError } from './error.js';
import { annotatedPart, clientItem, identified } from './response-text.js';
import { DONE, ResponsesDecoder } from './stream-decode.js';
import { textPart } from './output-encode.js';
import { impliedItem } from './stream-items.js';

const NOTHING: RelayedChunk = { events: [], text: '' };

/** Events of the response itself before any content. */
const OPENING = new Set(['response.created', 'response.queued', 'response.in_progress']);
const CLOSING = new Set(['response.completed', 'response.incomplete']);

/** What the client has been told of one item. */
interface KnownItem {
  id: string;
  /** Parts of its message that were announced. */
  parts: Set<unknown>;
  /** As it stood when it was done. */
  whole?: JsonObject;
  /** The vendor answers it: shown as a call of its own tool, without the events of a client's. */
  isVendors: boolean;
}

/**
 * Responses to Responses: the upstream's own events, parsed once for metering. The response object gets the gateway's
 * id, model and price. Events that the strictest client cannot do without, and some upstreams leave out, are added:
 * the first one, an item's start, a part's start, the output of the last one. Ids that change within an item are
 * kept at the first.
 */
export class ResponsesRelay implements StreamRelay {
  private readonly decoder: ResponsesDecoder;
  private readonly items = new Map<unknown, KnownItem>();
  /** Opening events wait for the first content, so that an early failure keeps its status. */
  private held = '';
  /** The last event, which waits for the end. */
  private last = '';
  private hasOpened = false;
  private sequence = 0;
  /** Characters of text so far. */
  private textLength = 0;

  constructor(private readonly identity: ResponseIdentity) {
    this.decoder = new ResponsesDecoder(identity.issuer);
  }

  get hasEnded(): boolean {
    return this.decoder.hasEnded;
  }

  push(event: SseEvent): RelayedChunk {
    if (this.decoder.closed || event.data === DONE) return NOTHING;
    const raw = tryParseJson(event.data);
    if (!isObject(raw)) return { events: this.decoder.push(event), text: '' };
    const events = this.decoder.read(raw, event.event);
    if (events.some(({ type }) => type === 'error')) return { events, text: '' };
    const type = asString(raw['type']) ?? event.event ?? 'message';
    if (type === 'response.output_text.delta') this.textLength += asString(raw['delta'])?.length ?? 0;
    const text = this.forward(type, raw, event.data);
    const number = raw['sequence_number'];
    this.sequence = typeof number === 'number' ? number + 1 : this.sequence + 1;
    return { events, text };
  }

  end(): RelayedChunk {
    return { events: this.decoder.end(), text: this.last };
  }

  fail(error: FaregateError): string {
    const output = this.told();
    const state = { status: 'failed', error: failedError(error), output, usage: null } as const;
    return this.opened() + this.own('response.failed', { response: envelope(this.identity, state) });
  }

  private forward(type: string, raw: JsonObject, data: string): string {
    if (OPENING.has(type)) {
      // An upstream may not go back to the start.
      if (this.hasOpened && this.held === '') return '';
      this.held += this.lifecycle(type, raw, data);
      this.hasOpened = true;
      return '';
    }
    const opening = this.opened();
    if (CLOSING.has(type)) {
      this.last = this.lifecycle(type, raw, data);
      return opening;
    }
    return (
      opening + (raw['output_index'] === undefined ? namedEvent(type, data) : this.item(type, raw, data))
    );
  }

  /** What opens the stream, once: the upstream's own events, or ours where it sent none. */
  private opened(): string {
    if (!this.hasOpened) {
      this.hasOpened = true;
      const response = envelope(this.identity, { status: 'in_progress', output: [], usage: null });
      return this.own('response.created', { response }) + this.own('response.in_progress', { response });
    }
    const text = this.held;
    this.held = '';
    return text;
  }

  private own(type: string, members: JsonObject): string {
    return namedEvent(type, JSON.stringify({ type, sequence_number: this.sequence, ...members }));
  }

  private lifecycle(type: string, raw: JsonObject, data: string): string {
    const response = asObject(raw['response']) ?? {};
    const event = new ObjectText(data);
    const text = event.valueText('response') ?? '{}';
    const output = CLOSING.has(type) ? this.output(response) : undefined;
    const own = identified(text, response, { identity: this.identity, usage: this.decoder.usage, output });
    return namedEvent(type, event.spliced({ set: { response: own } }));
  }

  /** The items that the client saw, where the last event tells none or by other ids; undefined when it tells them. */
  private output(response: JsonObject): JsonObject[] | undefined {
    const known = [...this.items.values()];
    const given = asArray(response['output']).filter(isObject);
    if (given.length === 0) return known.length > 0 ? this.told() : undefined;
    const isSame = given.every((item, index) => (known[index]?.id ?? item['id']) === item['id']);
    if (isSame || known.length !== given.length) return undefined;
    return given.map((item, index) => ({
      ...clientItem(item, this.identity.issuer, this.decoder.tools),
      id: known[index]?.id ?? null,
    }));
  }

  /** The items that the client was told in full. */
  private told(): JsonObject[] {
    return [...this.items.values()].map(({ whole }) => whole).filter((item) => item !== undefined);
  }

  private item(type: string, raw: JsonObject, data: string): string {
    const key = raw['output_index'];
    const given = asObject(raw['item']);
    const known = this.items.get(key);
    if (type === 'response.output_item.added' && !known) {
      const isVendors = this.decoder.tools.runs(given ?? {});
      this.items.set(key, { id: asString(given?.['id']) ?? '', parts: new Set(), isVendors });
      return this.changed(type, raw, data);
    }
    if (type === 'response.output_item.added') return '';
    if (known?.isVendors && type.startsWith('response.custom_tool_call_input.')) return '';
    const item = given ?? impliedItem(type);
    // Of a call that has not begun neither name nor id is known; its last event tells both, and the arguments.
    if (!known && !item) return '';
    const opening = known || !item ? '' : this.begin(item, raw);
    return opening + this.part(type, raw) + this.changed(type, raw, data);
  }

  /** An item whose start the upstream left out. */
  private begin(item: JsonObject, raw: JsonObject): string {
    const id = asString(item['id']) ?? asString(raw['item_id']) ?? '';
    const output_index = raw['output_index'];
    this.items.set(output_index, { id, parts: new Set(), isVendors: this.decoder.tools.runs(item) });
    const empty = item['type'] === 'reasoning' ? { summary: [] } : { role: 'assistant', content: [] };
    const begun = item['id'] === undefined ? { ...item, ...empty, id, status: 'in_progress' } : item;
    return this.own('response.output_item.added', { output_index, item: begun });
  }

  /** The start of a text part that the upstream left out. */
  private part(type: string, raw: JsonObject): string {
    const known = this.items.get(raw['output_index']);
    const index = raw['content_index'];
    if (!known || index === undefined || known.parts.has(index)) return '';
    known.parts.add(index);
    if (type !== 'response.output_text.delta') return '';
    const place = { item_id: known.id, output_index: raw['output_index'], content_index: index };
    return this.own('response.content_part.added', { ...place, part: textPart('') });
  }

  /** An annotation with what strict clients cannot do without; undefined when it is whole. */
  private cited(type: string, raw: JsonObject): JsonValue | undefined {
    const given = raw['annotation'];
    if (type !== 'response.output_text.annotation.added' || given === undefined) return undefined;
    const whole = completeAnnotation(given, this.textLength);
    return whole === given ? undefined : whole;
  }

  /** The event with the item's first id, and the item as strict clients take it; its own bytes when that is the same. */
  private changed(type: string, raw: JsonObject, data: string): string {
    const known = this.items.get(raw['output_index']);
    const set: Record<string, string> = {};
    const itemId = raw['item_id'];
    if (known && itemId !== undefined && itemId !== known.id) set['item_id'] = JSON.stringify(known.id);
    const given = asObject(raw['item']);
    if (known && given) {
      const item = clientItem(given, this.identity.issuer, this.decoder.tools);
      const own = given['id'] === known.id || known.id === '' ? item : { ...item, id: known.id };
      if (type === 'response.output_item.done') known.whole = own;
      if (own !== given) set['item'] = JSON.stringify(own);
    }
    const part = raw['part'];
    const own = part === undefined ? part : annotatedPart(part);
    if (own !== part) set['part'] = JSON.stringify(own);
    const cited = this.cited(type, raw);
    if (cited !== undefined) set['annotation'] = JSON.stringify(cited);
    return namedEvent(type, Object.keys(set).length > 0 ? spliceMembers(data, { set }) : data);
  }
}
