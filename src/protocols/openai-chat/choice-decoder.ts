import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asString, isObject } from '../../core/json.js';
import type { CompletionEvent } from '../completion.js';
import { thinkingText } from './content.js';
import { decodeFinishReason } from './finish-reason.js';
import { decodeDetail, plainReasoning } from './reasoning.js';
import type { AssemblerContext } from './tool-call-assembler.js';
import { ToolCallAssembler } from './tool-call-assembler.js';

/** Logprobs that hold something; vendors repeat null and empty lists on every chunk. */
function filledLogprobs(logprobs: JsonValue | undefined): JsonValue | undefined {
  if (!isObject(logprobs)) return undefined;
  const isFilled = asArray(logprobs['content']).length > 0 || asArray(logprobs['refusal']).length > 0;
  return isFilled ? logprobs : undefined;
}

/** The state of one choice of a stream: at most one block is open at a time. */
export class ChoiceDecoder {
  finished = false;
  private textBlock: number | undefined;
  private thinkingBlock: number | undefined;
  /** What the open thinking block has said. */
  private thought = '';
  private readonly tools: ToolCallAssembler;
  private readonly choice: { choice?: number };
  private touched = false;
  private events: CompletionEvent[] = [];

  constructor(private readonly context: AssemblerContext) {
    this.tools = new ToolCallAssembler(context);
    this.choice = context.choice === undefined ? {} : { choice: context.choice };
  }

  /** Reads one element of a chunk's `choices`. */
  push(wire: JsonObject, into: CompletionEvent[]): void {
    if (this.finished) return;
    this.events = into;
    const { delta, message, finish_reason: reason, logprobs, error } = wire;
    if (isObject(delta)) this.delta(delta, logprobs);
    // A whole message in a stream repeats what came before (MiniMax), unless nothing did.
    else if (isObject(message) && !this.touched) this.delta(message, logprobs);
    if (isObject(error)) this.finish('error', into);
    else if (typeof reason === 'string' && reason !== '') this.finish(reason, into);
  }

  /** Closes what is open and ends the choice; no word means that the vendor gave no reason. */
  finish(reason: string | undefined, into: CompletionEvent[]): void {
    this.events = into;
    this.closeText();
    this.closeThinking();
    into.push(...this.tools.end());
    this.finished = true;
    into.push({ type: 'finish', reason: decodeFinishReason(reason, this.tools.hasCalls), ...this.choice });
  }

  private delta(delta: JsonObject, logprobs: JsonValue | undefined): void {
    this.reasoning(delta);
    const { content, refusal } = delta;
    const noted = filledLogprobs(logprobs);
    if (typeof content === 'string') this.text(content, noted);
    else if (Array.isArray(content)) this.contentList(content, noted);
    else if (noted !== undefined && !refusal) this.text('', noted);
    if (typeof refusal === 'string' && refusal !== '') {
      this.touched = true;
      this.events.push({ type: 'refusal-delta', text: refusal, ...this.choice });
    }
    for (const annotation of asArray(delta['annotations'])) this.citation(annotation);
    for (const call of asArray(delta['tool_calls'])) if (isObject(call)) this.toolCall(call);
    const legacy = delta['function_call'];
    if (isObject(legacy)) this.toolCall({ index: 0, function: legacy });
  }

  private reasoning(delta: JsonObject): void {
    const text = plainReasoning(delta);
    if (text !== '') this.thinking(text);
    const details = delta['reasoning_details'];
    if (!Array.isArray(details)) return;
    for (const item of details) {
      const part = isObject(item) ? decodeDetail(item) : undefined;
      if (part?.type === 'redacted-thinking') this.redacted(part.data, part.issuer);
      else if (part) {
        // Details repeat the plain text when both are sent: piece by piece, or once with the signature.
        const isRepeated = text !== '' || (part.signature !== undefined && part.text === this.thought);
        if (part.text !== '' && !isRepeated) this.thinking(part.text);
        if (part.signature) {
          const block = this.openThinking();
          this.events.push({ type: 'thinking-signature', block, signature: part.signature });
          this.closeThinking();
        }
      }
    }
  }

  private contentList(content: readonly JsonValue[], logprobs: JsonValue | undefined): void {
    for (const item of content) {
      if (!isObject(item)) continue;
      if (item['type'] === 'text') this.text(asString(item['text']) ?? '', logprobs);
      else if (item['type'] === 'thinking') {
        const text = thinkingText(item['thinking']);
        if (text !== '') this.thinking(text);
      }
    }
  }

  private text(text: string, logprobs: JsonValue | undefined): void {
    if (text === '' && logprobs === undefined) return;
    const block = this.openText();
    this.events.push({ type: 'text-delta', block, text, ...(logprobs === undefined ? {} : { logprobs }) });
  }

  private citation(citation: JsonValue): void {
    this.events.push({ type: 'citation', block: this.openText(), citation });
  }

  private thinking(text: string): void {
    this.events.push({ type: 'thinking-delta', block: this.openThinking(), text });
    this.thought += text;
  }

  private redacted(data: string, issuer: string): void {
    this.closeText();
    this.closeThinking();
    this.touched = true;
    this.events.push({
      type: 'redacted-thinking',
      block: this.context.nextBlock(),
      data,
      issuer,
      ...this.choice,
    });
  }

  private toolCall(call: JsonObject): void {
    this.closeText();
    this.closeThinking();
    this.touched = true;
    this.events.push(...this.tools.push(call));
  }

  private openText(): number {
    if (this.textBlock !== undefined) return this.textBlock;
    this.closeThinking();
    this.events.push(...this.tools.pause());
    this.touched = true;
    this.textBlock = this.context.nextBlock();
    this.events.push({ type: 'text-start', block: this.textBlock, ...this.choice });
    return this.textBlock;
  }

  private openThinking(): number {
    if (this.thinkingBlock !== undefined) return this.thinkingBlock;
    this.closeText();
    this.events.push(...this.tools.pause());
    this.touched = true;
    this.thinkingBlock = this.context.nextBlock();
    this.events.push({ type: 'thinking-start', block: this.thinkingBlock, ...this.choice });
    return this.thinkingBlock;
  }

  private closeText(): void {
    if (this.textBlock === undefined) return;
    this.events.push({ type: 'text-end', block: this.textBlock });
    this.textBlock = undefined;
  }

  private closeThinking(): void {
    if (this.thinkingBlock === undefined) return;
    this.events.push({ type: 'thinking-end', block: this.thinkingBlock });
    this.thinkingBlock = undefined;
    this.thought = '';
  }
}
