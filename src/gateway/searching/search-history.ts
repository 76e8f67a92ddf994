import type { CompletionRequest, ContentPart, Message, ToolResultPart } from '../../protocols/completion.js';
import type { FoundPage, SearchPiece, SearchWords } from '../../protocols/search-words.js';
import { renderResults } from '../../search/render-results.js';
import { SEARCH_TOOL } from '../../search/search-declaration.js';

type ResultPiece = Extract<SearchPiece, { kind: 'result' }>;

export const SEARCH_FAILED = 'The search could not be run.';

/**
 * A replayed history with the gateway's own searches put the way every upstream understands: as calls of a function and
 * their results when the tool is offered again, as text of the assistant when it is not (a call of a tool that a request
 * does not declare is refused by some vendors). Searches that have a call or a result only are left out. `pages`: what they
 * found, in the order of its numbers. The same request when there are none.
 */
export function replaySearches(
  request: CompletionRequest,
  words: SearchWords,
  isOffered: boolean,
): { request: CompletionRequest; pages: readonly FoundPage[] } {
  const replay = new Replay(words, request.messages, isOffered);
  if (!replay.isNeeded) return { request, pages: [] };
  const messages = request.messages.flatMap((message) =>
    message.role === 'assistant' ? replay.assistant(message) : [message],
  );
  return { request: { ...request, messages, replacesMessages: true }, pages: replay.pages };
}

class Replay {
  private readonly results = new Map<string, ResultPiece>();
  private readonly queries = new Map<string, string>();
  /** Pages in the order of the numbers they are shown under. */
  readonly pages: FoundPage[] = [];

  constructor(
    private readonly words: SearchWords,
    messages: readonly Message[],
    private readonly isOffered: boolean,
  ) {
    for (const message of messages) {
      for (const part of message.content) {
        for (const piece of this.read(part)) {
          if (piece.kind === 'call') this.queries.set(piece.id, piece.query);
          else this.results.set(piece.id, piece);
        }
      }
    }
  }

  get isNeeded(): boolean {
    return this.queries.size > 0;
  }

  /** An assistant turn as turns: each run of search results ends one. */
  assistant(message: Message): Message[] {
    const messages: Message[] = [];
    let content: ContentPart[] = [];
    let answers: ToolResultPart[] = [];
    const endRun = (): void => {
      if (answers.length === 0) return;
      messages.push({ ...message, content }, { role: 'tool', content: answers });
      [content, answers] = [[], []];
    };
    for (const part of message.content) {
      const pieces = this.read(part).filter(({ id }) => this.queries.has(id));
      if (pieces.length === 0) {
        endRun();
        content.push(part);
      }
      // Searches without anything between them are one turn, as those are that a model asks for side by side.
      for (const piece of pieces) {
        if (!this.results.has(piece.id)) continue;
        if (piece.kind === 'call') content.push(...(this.isOffered ? [callOf(piece)] : []));
        else if (this.isOffered) answers.push(this.answer(piece));
        else content.push({ type: 'text', text: this.asText(piece) });
      }
    }
    endRun();
    if (content.length > 0) messages.push({ ...message, content });
    return messages;
  }

  private answer(piece: ResultPiece): ToolResultPart {
    const content: ToolResultPart['content'] = [{ type: 'text', text: this.render(piece) }];
    return { type: 'tool-result', callId: piece.id, content, ...(piece.failed ? { isError: true } : {}) };
  }

  private asText(piece: ResultPiece): string {
    return `${SEARCH_TOOL}(${JSON.stringify(this.queries.get(piece.id) ?? '')}):\n${this.render(piece)}`;
  }

  private render({ pages, failed }: ResultPiece): string {
    if (failed) return SEARCH_FAILED;
    const text = renderResults(pages, this.pages.length + 1);
    this.pages.push(...pages);
    return text;
  }

  private read(part: ContentPart): SearchPiece[] {
    return part.type === 'opaque' ? this.words.read(part.raw) : [];
  }
}

const callOf = ({ id, query }: Extract<SearchPiece, { kind: 'call' }>): ContentPart => ({
  type: 'tool-call',
  id,
  name: SEARCH_TOOL,
  arguments: JSON.stringify({ query }),
});
