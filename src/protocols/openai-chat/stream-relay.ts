import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, isObject, withMembers } from '../../core/json.js';
import type { TokenUsage } from '../../core/token-usage.js';
import { emptyUsage, mergeUsage } from '../../core/token-usage.js';
import type { CompletionEvent, FinishReason } from '../completion.js';
import type { MemberChanges } from '../json-splice.js';
import { spliceMembers } from '../json-splice.js';
import type { RelayedChunk, ResponseIdentity, StreamRelay, WireQuirks } from '../protocol.js';
import type { SseEvent } from '../sse.js';
import { dataEvent } from '../sse.js';
import type { ChunkType } from './chunk-writer.js';
import { DeltaTemplate } from './delta-template.js';
import { CHUNK_OBJECT, ChunkWriter } from './chunk-writer.js';
import { flattened } from './content.js';
import { encodeFinishReason } from './finish-reason.js';
import { ChatStreamDecoder, type DecodedFrame } from './stream-decode.js';
import { ToolCallRepair } from './tool-call-repair.js';

/** What the relay remembers of one choice. */
interface ChoiceState {
  roleSent: boolean;
  finishSeen: boolean;
  /** Made at the first tool delta. */
  toolCalls?: ToolCallRepair;
}

/** True for a delta member that shows the client something. */
const isFilled = (value: JsonValue | undefined): boolean =>
  typeof value === 'string' ? value !== '' : Array.isArray(value) ? value.length > 0 : isObject(value);

const hasContent = (delta: JsonObject): boolean =>
  Object.entries(delta).some(([name, value]) => name !== 'role' && isFilled(value));

/**
 * Chat to Chat: the upstream's own chunks with the gateway's id, created and model spliced in, usage taken out
 * and sent once at the end. A chunk is taken apart only where the strictest client would choke on it: a first
 * delta without role, a tool delta without index, content as a list, a finish that carries content.
 */
export class ChatStreamRelay implements StreamRelay {
  private readonly decoder: ChatStreamDecoder;
  private readonly writer: ChunkWriter;
  private readonly plain: MemberChanges;
  private readonly template: DeltaTemplate;
  /** The text block that the latest plain chunk went to. */
  private openBlock = -1;
  private readonly choices = new Map<number, ChoiceState>();
  private readonly reasons = new Map<number, FinishReason>();
  private usage: TokenUsage = emptyUsage();
  /** Finish chunks wait for the end: another choice may go on, or the upstream may still fail. */
  private heldFinishes = '';
  private failed = false;

  constructor(
    private readonly identity: ResponseIdentity,
    quirks: WireQuirks = {},
  ) {
    this.decoder = new ChatStreamDecoder(quirks);
    this.writer = new ChunkWriter(identity);
    this.plain = this.changes('content');
    this.template = new DeltaTemplate(this.plain);
  }

  get hasEnded(): boolean {
    return this.decoder.hasEnded;
  }

  push(event: SseEvent): RelayedChunk {
    const same = this.openBlock === -1 ? undefined : this.template.match(event.data);
    if (same) {
      const delta: CompletionEvent = { type: 'text-delta', block: this.openBlock, text: same.text };
      return { events: [delta], text: same.sent };
    }
    this.openBlock = -1;
    const frame = this.decoder.decode(event);
    const { events, chunk } = frame;
    this.note(events);
    if (!chunk || this.failed) return { events, text: '' };
    const data = frame.isChanged ? JSON.stringify(chunk) : event.data;
    return { events, text: this.forward(data, frame) };
  }

  end(): RelayedChunk {
    const events = this.decoder.end();
    this.note(events);
    if (this.failed) return { events, text: '' };
    let roles = '';
    let finishes = this.heldFinishes;
    for (const [index, reason] of this.reasons) {
      const state = this.choice(index);
      if (!state.roleSent) roles += this.writer.content(index, { role: 'assistant', content: '' });
      if (state.finishSeen) continue;
      const calls = state.toolCalls?.end() ?? [];
      if (calls.length > 0) roles += this.writer.content(index, { tool_calls: calls });
      finishes += this.writer.finish(index, reason);
    }
    return { events, text: roles + finishes + this.writer.closing(this.usage) };
  }

  private note(events: readonly CompletionEvent[]): void {
    for (const event of events) {
      if (event.type === 'usage') this.usage = mergeUsage(this.usage, event.usage);
      else if (event.type === 'finish') this.reasons.set(event.choice ?? 0, event.reason);
      else if (event.type === 'error') this.failed = true;
    }
  }

  private choice(index: number): ChoiceState {
    const known = this.choices.get(index);
    if (known) return known;
    const state: ChoiceState = { roleSent: false, finishSeen: false };
    this.choices.set(index, state);
    return state;
  }

  private changes(type: ChunkType): { set: Record<string, string>; remove: string[] } {
    return { set: { type: `"${type}"`, ...this.writer.members }, remove: ['usage'] };
  }

  private forward(data: string, { chunk = {}, events, isChanged }: DecodedFrame): string {
    const { choices } = chunk;
    if (!Array.isArray(choices) || choices.length === 0) return this.withoutChoices(data, chunk);
    const [only] = choices;
    if (!isChanged && choices.length === 1 && isObject(only) && this.isPlain(chunk, only)) {
      return this.learnt(data, events) ?? dataEvent(spliceMembers(data, this.plain));
    }
    return this.takeApart(data, chunk, choices.filter(isObject));
  }

  /** A chunk that was one piece of text and nothing else: the next one probably differs in its text alone. */
  private learnt(data: string, events: readonly CompletionEvent[]): string | undefined {
    const [only] = events;
    if (events.length !== 1 || only?.type !== 'text-delta' || only.logprobs !== undefined) return undefined;
    const sent = this.template.learn(data, only.text);
    if (sent !== undefined) this.openBlock = only.block;
    return sent;
  }

  /** True when the strictest client takes this chunk as it is. */
  private isPlain(chunk: JsonObject, choice: JsonObject): boolean {
    const { index, delta, finish_reason: reason } = choice;
    const state = this.choices.get(typeof index === 'number' ? index : 0);
    if (!state?.roleSent || state.finishSeen || typeof index !== 'number') return false;
    if (reason || !isObject(delta) || delta['tool_calls'] || choice['usage']) return false;
    return !Array.isArray(delta['content']) && chunk['object'] === CHUNK_OBJECT;
  }

  /** Chunks beside the answer (filter results, search results) pass, unless they only carry usage. */
  private withoutChoices(data: string, chunk: JsonObject): string {
    if (isObject(chunk['usage']) || this.reasons.size > 0) return '';
    const changes = this.changes('content');
    if (typeof chunk['type'] === 'string') delete changes.set['type'];
    changes.set['object'] = `"${CHUNK_OBJECT}"`;
    changes.set['choices'] = '[]';
    return dataEvent(spliceMembers(data, changes));
  }

  private takeApart(data: string, chunk: JsonObject, choices: readonly JsonObject[]): string {
    const contents: JsonObject[] = [];
    const finishes: JsonObject[] = [];
    for (const choice of choices) this.sort(choice, contents, finishes);
    const groq = chunk['x_groq'];
    const drop = isObject(groq) && groq['usage'] !== undefined ? ['usage', 'x_groq'] : ['usage'];
    const write = (type: ChunkType, list: JsonObject[]): string => {
      if (list.length === 0) return '';
      const set = withMembers(this.changes(type).set, {
        object: `"${CHUNK_OBJECT}"`,
        choices: JSON.stringify(list),
      });
      return dataEvent(spliceMembers(data, { set, remove: drop }));
    };
    this.heldFinishes += write('finish', finishes);
    return write('content', contents);
  }

  /** Puts one choice of a chunk where it belongs: content, finish, both, or (after its finish) nowhere. */
  private sort(choice: JsonObject, contents: JsonObject[], finishes: JsonObject[]): void {
    const { usage: _usage, message, delta: given, finish_reason: reason, logprobs, ...rest } = choice;
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0;
    const state = this.choice(index);
    if (state.finishSeen) return;
    const whole = isObject(message) && !state.roleSent ? message : {};
    const delta = isObject(given) ? given : whole;
    const isFinish = typeof reason === 'string' && reason !== '';
    const wasRoleSent = state.roleSent;
    const repaired = this.repaired(delta, state, isFinish);
    // Once: helpers add up the tokens of every chunk.
    const noted = logprobs === undefined ? {} : { logprobs };
    const isContent = !isFinish || !wasRoleSent || hasContent(repaired);
    if (isContent)
      contents.push(withMembers(rest, { index, delta: repaired, finish_reason: null, ...noted }));
    if (!isFinish) return;
    state.finishSeen = true;
    const word = encodeFinishReason(this.reasons.get(index) ?? 'other', this.identity);
    finishes.push(withMembers(rest, { index, delta: {}, finish_reason: word, ...(isContent ? {} : noted) }));
  }

  private repaired(delta: JsonObject, state: ChoiceState, isFinish: boolean): JsonObject {
    const repaired = flattened(delta);
    if (!state.roleSent) repaired['role'] = 'assistant';
    state.roleSent = true;
    const given = asArray(delta['tool_calls']).filter(isObject);
    if (given.length > 0) state.toolCalls ??= new ToolCallRepair(() => this.decoder.answerId);
    const calls = given.flatMap((call) => state.toolCalls?.push(call) ?? []);
    if (isFinish) calls.push(...(state.toolCalls?.end() ?? []));
    if (calls.length > 0) repaired['tool_calls'] = calls;
    else delete repaired['tool_calls'];
    return repaired;
  }
}
