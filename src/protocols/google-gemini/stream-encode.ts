import type { JsonObject, JsonValue } from '../../core/json.js';
import { emptyUsage, mergeUsage, type TokenUsage } from '../../core/token-usage.js';
import type { CompletionEvent, FinishReason, ThinkingSignature } from '../completion.js';
import type { ResponseIdentity, StreamEncoder } from '../protocol.js';
import { encodeFinishReason } from './finish-reason.js';
import type { Framing } from './framing.js';
import { encodeLogprobs } from './logprobs.js';
import { encodeCall, encodeThought } from './response.js';
import { redactedText, signatureText } from './signature.js';
import { encodeGrounding } from './grounding.js';
import { encodeUsage } from './usage.js';
import { compact } from './wire.js';

type EventOf<T extends CompletionEvent['type']> = Extract<CompletionEvent, { type: T }>;
type Handlers = { [T in CompletionEvent['type']]: (state: GeminiEncoder, event: EventOf<T>) => string };

/** A block that has started. */
interface Block {
  choice: number;
  /** Something was shown of it. */
  hasText: boolean;
  call?: { id: string; name: string; arguments: string; signature: ThinkingSignature | undefined };
}

/**
 * Writes a stream of generateContent answers: each text and thought as it comes, each function call whole once its
 * arguments are, and at the end one answer a candidate with its finish, the last of them with the usage.
 */
export class GeminiEncoder implements StreamEncoder {
  private readonly blocks = new Map<number, Block>();
  private readonly reasons = new Map<number, FinishReason>();
  private readonly refusals = new Map<number, string>();
  private readonly citations = new Map<number, JsonValue[]>();
  private readonly shared: string;
  private usage: TokenUsage = emptyUsage();

  constructor(
    private readonly identity: ResponseIdentity,
    private readonly framing: Framing,
  ) {
    const { model, id } = identity;
    this.shared = `"modelVersion":${JSON.stringify(model)},"responseId":${JSON.stringify(id)}`;
  }

  push(event: CompletionEvent): string {
    return (HANDLERS[event.type] as (state: GeminiEncoder, event: CompletionEvent) => string)(this, event);
  }

  end(): string {
    if (this.reasons.size === 0) this.reasons.set(0, 'other');
    const choices = [...this.reasons.keys()].sort((a, b) => a - b);
    const ends = choices.map((choice, place) => this.ending(choice, place === choices.length - 1));
    return ends.join('') + this.framing.end();
  }

  open(block: number, choice = 0, call?: Block['call']): string {
    this.blocks.set(block, { choice, hasText: false, ...(call ? { call } : {}) });
    return '';
  }

  block(block: number): Block {
    return this.blocks.get(block) ?? { choice: 0, hasText: false };
  }

  /** One part in an answer of its own. */
  part(choice: number, part: JsonObject, logprobs?: JsonValue): string {
    const noted = encodeLogprobs(logprobs);
    const extra = noted === undefined ? '' : `,"logprobsResult":${JSON.stringify(noted)}`;
    return this.framing.frame(
      `{"candidates":[{"content":{"parts":[${JSON.stringify(part)}],"role":"model"},"index":${choice}${extra}}],${this.shared}}`,
    );
  }

  note({ usage }: EventOf<'usage'>): string {
    this.usage = mergeUsage(this.usage, usage);
    return '';
  }

  refuse({ text, choice = 0 }: EventOf<'refusal-delta'>): string {
    this.refusals.set(choice, (this.refusals.get(choice) ?? '') + text);
    return '';
  }

  cite({ block, citation }: EventOf<'citation'>): string {
    const { choice } = this.block(block);
    this.citations.set(choice, [...(this.citations.get(choice) ?? []), citation]);
    return '';
  }

  finish({ reason, choice = 0 }: EventOf<'finish'>): string {
    this.reasons.set(choice, reason);
    return '';
  }

  private ending(choice: number, isLast: boolean): string {
    const refusal = this.refusals.get(choice);
    const candidate = compact<JsonObject>({
      content: { parts: [{ text: '' }], role: 'model' },
      finishReason: encodeFinishReason(this.reasons.get(choice) ?? 'other', refusal !== undefined),
      finishMessage: refusal,
      index: choice,
      groundingMetadata: encodeGrounding(this.citations.get(choice) ?? []),
    });
    const usage = isLast ? encodeUsage(this.usage, this.identity) : undefined;
    const counted = usage === undefined ? '' : `"usageMetadata":${JSON.stringify(usage)},`;
    return this.framing.frame(`{"candidates":[${JSON.stringify(candidate)}],${counted}${this.shared}}`);
  }
}

const SILENT = (): string => '';

function toolEnd(state: GeminiEncoder, event: EventOf<'tool-end'>): string {
  const { choice, call } = state.block(event.block);
  if (call === undefined) return '';
  const known = event.signature ?? call.signature;
  const signature = known && signatureText(known);
  return state.part(choice, encodeCall({ ...call, signature }));
}

const HANDLERS: Handlers = {
  start: SILENT,
  usage: (state, event) => state.note(event),
  'text-start': (state, { block, choice }) => state.open(block, choice),
  'text-delta': (state, { block, text, logprobs }) =>
    state.part(state.block(block).choice, { text }, logprobs),
  'text-end': SILENT,
  citation: (state, event) => state.cite(event),
  'refusal-delta': (state, event) => state.refuse(event),
  'thinking-start': (state, { block, choice }) => state.open(block, choice),
  'thinking-delta': (state, { block, text }) => {
    const known = state.block(block);
    known.hasText = true;
    return state.part(known.choice, { text, thought: true });
  },
  'thinking-signature': (state, { block, signature }) => {
    const { choice, hasText } = state.block(block);
    const thought = encodeThought('', signatureText(signature), signature.issuer);
    return state.part(choice, hasText ? { ...thought, thought: true } : thought);
  },
  'thinking-end': SILENT,
  'redacted-thinking': (state, { data, issuer, choice = 0 }) =>
    state.part(choice, { text: '', thought: true, thoughtSignature: redactedText(data, issuer) }),
  'tool-start': (state, { block, choice, id, name, signature }) =>
    state.open(block, choice, { id, name, arguments: '', signature }),
  'tool-delta': (state, { block, text }) => {
    const { call } = state.block(block);
    if (call) call.arguments += text;
    return '';
  },
  'tool-end': toolEnd,
  'opaque-block': (state, { protocol, raw, choice = 0 }) =>
    protocol === 'google-gemini' ? state.part(choice, raw) : '',
  finish: (state, event) => state.finish(event),
  error: SILENT,
};
