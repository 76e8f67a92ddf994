import { asArray, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { CompletionEvent, ThinkingSignature } from '../completion.js';
import { opaquePart, partsOf, refusalOf } from './candidates.js';
import { decodeFinishReason } from './finish-reason.js';
import { decodeLogprobs } from './logprobs.js';
import { PartialArguments } from './partial-arguments.js';
import { argumentsText } from './parts-decode.js';
import { parseSignature, signatureOf, type CarriedThought } from './signature.js';
import { synthesizedId } from './tool-ids.js';

/** What the candidates of one stream share. */
export interface StreamContext {
  nextBlock: () => number;
  /** Position of the next call that comes without an id. */
  nextCall: () => number;
  answerId: () => string;
}

interface OpenCall {
  block: number;
  /** Whole arguments; absent while they come in pieces. */
  args?: string;
  pieces: PartialArguments;
  signature: ThinkingSignature | undefined;
}

/** One candidate of a stream: at most one block is open at a time. */
export class CandidateDecoder {
  private text: number | undefined;
  private thinking: number | undefined;
  private call: OpenCall | undefined;
  private hasCalls = false;
  private reason: JsonValue | undefined;
  private refusal: string | undefined;
  private events: CompletionEvent[] = [];
  private readonly choice: { choice?: number };

  constructor(
    private readonly context: StreamContext,
    index: number,
  ) {
    this.choice = index === 0 ? {} : { choice: index };
  }

  /** Whether the upstream has said how this candidate ends. */
  get isFinished(): boolean {
    return this.reason !== undefined;
  }

  push(candidate: JsonObject, into: CompletionEvent[]): void {
    this.events = into;
    let logprobs: JsonValue | undefined = decodeLogprobs(candidate['logprobsResult']);
    for (const part of partsOf(candidate)) {
      this.part(part, logprobs);
      if (typeof part['text'] === 'string' && part['thought'] !== true) logprobs = undefined;
    }
    if (logprobs !== undefined) this.writeText('', logprobs);
    if (typeof candidate['finishReason'] === 'string') this.reason = candidate['finishReason'];
    this.refusal = refusalOf(candidate) ?? this.refusal;
  }

  /** Says how the candidate ended. It ends with the stream: usage, signatures and more text may follow the reason. */
  finish(into: CompletionEvent[]): void {
    this.events = into;
    this.close();
    if (this.refusal !== undefined) into.push({ type: 'refusal-delta', text: this.refusal, ...this.choice });
    into.push({ type: 'finish', reason: decodeFinishReason(this.reason, this.hasCalls), ...this.choice });
  }

  private part(part: JsonObject, logprobs: JsonValue | undefined): void {
    const { text } = part;
    const call = part['functionCall'];
    const carried = parseSignature(asString(part['thoughtSignature']));
    if (isObject(call)) this.functionCall(call, signatureOf(asString(part['thoughtSignature'])));
    else if (typeof text === 'string') {
      if (part['thought'] === true) this.writeThought(text);
      else if (text !== '') this.writeText(text, logprobs);
      if (carried) this.seal(carried);
    } else if (Object.keys(part).some((name) => name !== 'thought' && name !== 'thoughtSignature')) {
      this.close();
      this.events.push({
        ...opaquePart(part),
        type: 'opaque-block',
        block: this.context.nextBlock(),
        ...this.choice,
      });
    } else if (carried) this.seal(carried);
  }

  private writeText(text: string, logprobs: JsonValue | undefined): void {
    if (this.text === undefined) {
      this.close();
      this.text = this.context.nextBlock();
      this.events.push({ type: 'text-start', block: this.text, ...this.choice });
    }
    const noted = logprobs === undefined ? {} : { logprobs };
    this.events.push({ type: 'text-delta', block: this.text, text, ...noted });
  }

  private writeThought(text: string): void {
    if (text !== '') this.events.push({ type: 'thinking-delta', block: this.openThinking(), text });
  }

  private openThinking(): number {
    if (this.thinking !== undefined) return this.thinking;
    this.close();
    this.thinking = this.context.nextBlock();
    this.events.push({ type: 'thinking-start', block: this.thinking, ...this.choice });
    return this.thinking;
  }

  /** A signature on text: of the thought that is open, else of an empty one. */
  private seal(carried: CarriedThought): void {
    if (carried.kind === 'redacted') {
      this.close();
      const { data, issuer } = carried;
      this.events.push({
        type: 'redacted-thinking',
        block: this.context.nextBlock(),
        data,
        issuer,
        ...this.choice,
      });
      return;
    }
    const block = this.openThinking();
    this.events.push({ type: 'thinking-signature', block, signature: carried.signature });
    this.close();
  }

  /** A whole call, or the start, a piece or the end of one that Vertex streams. */
  private functionCall(call: JsonObject, signature: ThinkingSignature | undefined): void {
    const name = asString(call['name']) ?? '';
    if (name !== '') this.startCall(call, name, signature);
    const open = this.call;
    if (open === undefined) return;
    open.signature ??= signature;
    if (isObject(call['args'])) open.args = argumentsText(call['args']);
    for (const piece of asArray(call['partialArgs']).filter(isObject)) open.pieces.add(piece);
    if (call['willContinue'] !== true) this.close();
  }

  private startCall(call: JsonObject, name: string, signature: ThinkingSignature | undefined): void {
    this.close();
    this.hasCalls = true;
    const block = this.context.nextBlock();
    const id = asString(call['id']) || synthesizedId(this.context.answerId(), this.context.nextCall());
    this.call = { block, pieces: new PartialArguments(), signature };
    this.events.push({
      type: 'tool-start',
      block,
      id,
      name: name,
      ...(signature ? { signature } : {}),
      ...this.choice,
    });
  }

  private close(): void {
    if (this.text !== undefined) this.events.push({ type: 'text-end', block: this.text });
    if (this.thinking !== undefined) this.events.push({ type: 'thinking-end', block: this.thinking });
    this.text = this.thinking = undefined;
    const { call } = this;
    if (call === undefined) return;
    this.call = undefined;
    const { block, signature } = call;
    this.events.push({ type: 'tool-delta', block, text: call.args ?? call.pieces.text });
    this.events.push({ type: 'tool-end', block, ...(signature ? { signature } : {}) });
  }
}
