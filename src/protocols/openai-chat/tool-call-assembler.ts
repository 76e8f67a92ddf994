import type { JsonObject } from '../../core/json.js';
import { asObject, asString, isObject, tryParseJson } from '../../core/json.js';
import type { CompletionEvent, ThinkingSignature } from '../completion.js';
import { callSignature } from './messages-decode.js';
import { synthesizedCallId } from './response.js';
import { ToolCallKeys } from './tool-call-keys.js';

/** What an assembler shares with the stream around it. */
export interface AssemblerContext {
  nextBlock: () => number;
  /** Id of the answer, for calls that come without one. */
  answerId: () => string;
  /** Absent for choice 0. */
  choice?: number;
}

interface Call {
  id: string;
  name: string;
  arguments: string;
  /** Characters of `arguments` already sent on. */
  sent: number;
  block?: number;
  ended: boolean;
  signature?: ThinkingSignature;
}

const isComplete = (call: Call): boolean => call.name !== '' && isObject(tryParseJson(call.arguments));

/**
 * Makes well bracketed tool blocks of the tool deltas of one choice: a block starts when id and name are known,
 * and one block is open at a time. Deltas for another call wait until the open call's arguments are whole.
 */
export class ToolCallAssembler {
  private readonly calls: Call[] = [];
  private readonly keys = new ToolCallKeys();
  private current = 0;

  constructor(private readonly context: AssemblerContext) {}

  get hasCalls(): boolean {
    return this.calls.length > 0;
  }

  push(delta: JsonObject): CompletionEvent[] {
    const position = this.keys.locate(delta);
    const call = (this.calls[position] ??= { id: '', name: '', arguments: '', sent: 0, ended: false });
    if (call.ended) return [];
    const named = asObject(delta['function']) ?? {};
    call.id ||= asString(delta['id']) ?? '';
    call.name ||= asString(named['name']) ?? '';
    const signature = callSignature(delta);
    if (signature) call.signature = signature;
    const given = named['arguments'];
    call.arguments += isObject(given) ? JSON.stringify(given) : (asString(given) ?? '');
    const events: CompletionEvent[] = [];
    this.advance(events);
    return events;
  }

  /** Other content begins: a call whose arguments are whole is over. */
  pause(): CompletionEvent[] {
    const call = this.calls[this.current];
    const events: CompletionEvent[] = [];
    if (call && isComplete(call)) this.close(call, events);
    return events;
  }

  /** The answer is over: whatever is open or waiting is written out and closed. */
  end(): CompletionEvent[] {
    const events: CompletionEvent[] = [];
    while (this.current < this.calls.length) {
      const call = this.calls[this.current];
      if (call) this.close(call, events);
    }
    return events;
  }

  private advance(events: CompletionEvent[]): void {
    for (;;) {
      const call = this.calls[this.current];
      if (!call) return;
      if (call.id !== '' && call.name !== '') this.flush(call, events);
      if (this.current === this.calls.length - 1 || !isComplete(call)) return;
      this.close(call, events);
    }
  }

  private flush(call: Call, events: CompletionEvent[]): void {
    if (call.block === undefined) {
      call.block = this.context.nextBlock();
      const { choice } = this.context;
      const { id, name, block } = call;
      events.push({
        type: 'tool-start',
        block,
        id,
        name,
        ...(choice === undefined ? {} : { choice }),
        ...(call.signature ? { signature: call.signature } : {}),
      });
    }
    if (call.sent === call.arguments.length) return;
    events.push({ type: 'tool-delta', block: call.block, text: call.arguments.slice(call.sent) });
    call.sent = call.arguments.length;
  }

  /** A call without a name cannot be answered by anyone and is left out. */
  private close(call: Call, events: CompletionEvent[]): void {
    const position = this.current;
    this.current += 1;
    call.ended = true;
    if (call.name === '') return;
    call.id ||= synthesizedCallId(this.context.answerId(), position);
    if (call.arguments.trim() === '') call.arguments += '{}';
    this.flush(call, events);
    if (call.block === undefined) return;
    events.push({
      type: 'tool-end',
      block: call.block,
      ...(call.signature ? { signature: call.signature } : {}),
    });
  }
}
