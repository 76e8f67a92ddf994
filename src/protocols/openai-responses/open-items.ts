import { asArray, asObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ThinkingSignature } from '../completion.js';
import { encodeAnnotation } from './annotations.js';
import type { ItemWriter } from './item-writer.js';
import {
  callItem,
  customInput,
  messageItem,
  reasoningItem,
  refusalPart,
  textPart,
  type ItemStatus,
} from './output-encode.js';
import type { WireTool } from './client-tools.js';

/** An item that a client stream has begun. `close` ends it once, and gives the item as it stands in the output. */
export interface WrittenItem {
  start(): string;
  close(status: ItemStatus): { text: string; item: JsonObject };
}

const AT_FIRST = ',"content_index":0';
const SUMMARY_AT_FIRST = ',"summary_index":0';

/** A message with one text. */
export class TextItem implements WrittenItem {
  private said = '';
  private readonly annotations: JsonObject[] = [];
  private readonly logprobs: JsonValue[] = [];

  constructor(private readonly writer: ItemWriter) {}

  start(): string {
    return (
      this.writer.added(messageItem(this.writer.id, 'in_progress', [])) +
      this.writer.say('response.content_part.added', { content_index: 0, part: textPart('') })
    );
  }

  delta(text: string, logprobs: JsonValue | undefined): string {
    this.said += text;
    const noted = asArray(asObject(logprobs)?.['content']);
    this.logprobs.push(...noted);
    const more = noted.length > 0 ? `,"logprobs":${JSON.stringify(noted)}` : ',"logprobs":[]';
    return this.writer.delta('response.output_text.delta', text, AT_FIRST, more);
  }

  cite(citation: JsonValue): string {
    const annotation = encodeAnnotation(citation, this.said.length);
    if (annotation === undefined) return '';
    const index = this.annotations.push(annotation) - 1;
    const place = { content_index: 0, annotation_index: index };
    return this.writer.say('response.output_text.annotation.added', { ...place, annotation });
  }

  close(status: ItemStatus): { text: string; item: JsonObject } {
    const part = textPart(this.said, this.annotations, this.logprobs);
    const item = messageItem(this.writer.id, status, [part]);
    const { writer } = this;
    const text =
      writer.say('response.output_text.done', {
        content_index: 0,
        text: this.said,
        logprobs: this.logprobs,
      }) +
      writer.say('response.content_part.done', { content_index: 0, part }) +
      writer.done(item);
    return { text, item };
  }
}

/** A message with a refusal. */
export class RefusalItem implements WrittenItem {
  private said = '';

  constructor(private readonly writer: ItemWriter) {}

  start(): string {
    return (
      this.writer.added(messageItem(this.writer.id, 'in_progress', [])) +
      this.writer.say('response.content_part.added', { content_index: 0, part: refusalPart('') })
    );
  }

  delta(text: string): string {
    this.said += text;
    return this.writer.delta('response.refusal.delta', text, AT_FIRST);
  }

  close(status: ItemStatus): { text: string; item: JsonObject } {
    const part = refusalPart(this.said);
    const item = messageItem(this.writer.id, status, [part]);
    const { writer } = this;
    const text =
      writer.say('response.refusal.done', { content_index: 0, refusal: this.said }) +
      writer.say('response.content_part.done', { content_index: 0, part }) +
      writer.done(item);
    return { text, item };
  }
}

/** Reasoning; its summary part begins with the first text, for signed reasoning may show none. */
export class ThinkingItem implements WrittenItem {
  private said = '';
  private signature: ThinkingSignature | undefined;

  constructor(private readonly writer: ItemWriter) {}

  start(): string {
    return this.writer.added(reasoningItem(this.writer.id, ''));
  }

  delta(text: string): string {
    if (text === '') return '';
    const part = { type: 'summary_text', text: '' };
    const opening =
      this.said === ''
        ? this.writer.say('response.reasoning_summary_part.added', { summary_index: 0, part })
        : '';
    this.said += text;
    return opening + this.writer.delta('response.reasoning_summary_text.delta', text, SUMMARY_AT_FIRST);
  }

  sign(signature: ThinkingSignature): string {
    this.signature = signature;
    return '';
  }

  close(): { text: string; item: JsonObject } {
    const { writer, said, signature } = this;
    const item = reasoningItem(writer.id, said, signature && { kind: 'thinking', signature });
    const part = { type: 'summary_text', text: said };
    const summary =
      said === ''
        ? ''
        : writer.say('response.reasoning_summary_text.done', { summary_index: 0, text: said }) +
          writer.say('response.reasoning_summary_part.done', { summary_index: 0, part });
    return { text: summary + writer.done(item), item };
  }
}

/** A call of a function, or of a custom tool, whose text is known only when its arguments are whole. */
export class CallItem implements WrittenItem {
  private arguments = '';

  constructor(
    private readonly writer: ItemWriter,
    readonly callId: string,
    private readonly tool: WireTool,
  ) {}

  start(): string {
    return this.writer.added(this.item('in_progress'));
  }

  delta(text: string): string {
    this.arguments += text;
    if (this.tool.custom || text === '') return '';
    return this.writer.delta('response.function_call_arguments.delta', text);
  }

  close(status: ItemStatus): { text: string; item: JsonObject } {
    const empty = this.arguments === '' ? this.delta('{}') : '';
    const item = this.item(status);
    return { text: empty + this.said() + this.writer.done(item), item };
  }

  private said(): string {
    const { writer, tool } = this;
    if (!tool.custom)
      return writer.say('response.function_call_arguments.done', {
        name: tool.name,
        arguments: this.arguments,
      });
    const input = customInput(this.arguments);
    return (
      writer.delta('response.custom_tool_call_input.delta', input) +
      writer.say('response.custom_tool_call_input.done', { input })
    );
  }

  private item(status: ItemStatus): JsonObject {
    const { writer, callId, tool } = this;
    return callItem({ id: writer.id, callId, tool, arguments: this.arguments }, status);
  }
}
