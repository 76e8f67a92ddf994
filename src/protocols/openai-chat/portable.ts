import { invalidRequest } from '../../core/errors.js';
import type { CompletionRequest, ContentPart, Message, TextPart, ToolResultPart } from '../completion.js';
import { ownFieldWarnings } from '../own-fields.js';
import type { PortableRequest } from '../protocol.js';
import { ownCall } from './own-calls.js';

const isFile = (part: ContentPart): boolean =>
  (part.type === 'document' || part.type === 'image') && part.source.kind === 'file';

const text = (words: string): TextPart => ({ type: 'text', text: words });

/**
 * A Chat request for an upstream of another protocol. Members that only Chat understands are named (mapping row 48);
 * a file by id, which only its own vendor keeps, is refused (row 49); calls of tools that are no functions become text,
 * and their results with them.
 */
export function portable(request: CompletionRequest): PortableRequest {
  if (request.messages.some(({ content }) => content.some(isFile))) {
    throw invalidRequest('messages: a file by id cannot be sent to this model; send its bytes', 'messages');
  }
  const told = new ToldCalls();
  const messages = request.messages.flatMap((message) => told.message(message));
  const warnings = [...ownFieldWarnings(request), ...told.warnings];
  return { request: told.warnings.size === 0 ? request : { ...request, messages }, warnings };
}

/** Tells the calls that only Chat has, and their results, in words. One instance per request. */
class ToldCalls {
  readonly warnings = new Set<string>();
  /** Names of the tools by the ids of their calls. */
  private readonly names = new Map<string, string>();

  message(message: Message): Message[] {
    if (message.role === 'assistant') return [this.assistant(message)];
    return message.role === 'tool' ? this.results(message) : [message];
  }

  /** The words go before the calls that stay: behind them only their results may stand. */
  private assistant(message: Message): Message {
    const words: ContentPart[] = [];
    for (const part of message.content) {
      if (part.type === 'tool-call') this.names.delete(part.id);
      const call = ownCall(part);
      if (!call) continue;
      this.names.set(call.id, call.name);
      this.warnings.add(
        `messages.tool_calls: the call of "${call.name}" and its result became text, because it is no function`,
      );
      words.push(text(`Called the tool ${call.name} with: ${call.input}`));
    }
    if (words.length === 0) return message;
    const isCall = (part: ContentPart): boolean => part.type === 'tool-call';
    const others = message.content.filter((part) => ownCall(part) === undefined);
    const content = [...others.filter((part) => !isCall(part)), ...words, ...others.filter(isCall)];
    return { ...message, content };
  }

  /** Results of functions stay; the others become the user's words behind them. */
  private results(message: Message): Message[] {
    const results = message.content.filter((part): part is ToolResultPart => part.type === 'tool-result');
    const words = results.flatMap((result): ContentPart[] => {
      const name = this.names.get(result.callId);
      return name === undefined ? [] : [text(`Result of the tool ${name}:`), ...result.content];
    });
    if (words.length === 0) return [message];
    const kept = results.filter(({ callId }) => !this.names.has(callId));
    const user: Message = { role: 'user', content: words };
    return kept.length === 0 ? [user] : [{ ...message, content: kept }, user];
  }
}
