import { asString, isObject, tryParseJson } from '../../core/json.js';
import type {
  CompletionRequest,
  ContentPart,
  Message,
  ToolCallPart,
  ToolChoice,
  ToolDefinition,
} from '../../protocols/completion.js';
import { cacheControlOf, isSearchTool, SEARCH_TOOL } from '../../search/search-declaration.js';
import type { Turn } from './turn-builder.js';

/** What the model is told of the tool; the declaration's own options are the gateway's business. */
export const SEARCH_FUNCTION: Extract<ToolDefinition, { kind: 'function' }> = {
  kind: 'function',
  name: SEARCH_TOOL,
  description:
    'Searches the web and returns pages with passages that match. Use it for facts that are recent or that you are not ' +
    'sure of. `site:example.com` in the query keeps to one site, `-site:example.com` leaves one out.',
  parameters: {
    type: 'object',
    properties: { query: { type: 'string', description: 'What to look for, in a few words.' } },
    required: ['query'],
    additionalProperties: false,
  },
};

/** A search that the model asks for. */
export interface WantedSearch {
  callId: string;
  query: string;
}

/** What follows a turn of the model. */
export interface SearchStep {
  /** To be run now. */
  searches: WantedSearch[];
  /** Calls that are answered with words instead: unreadable, or beyond the limit. */
  refusals: { callId: string; reason: string }[];
  /** The model goes on once it has the results; else this turn was the last. */
  goesOn: boolean;
}

/** What a search came to, in the model's words. */
export interface SearchAnswer {
  callId: string;
  text: string;
  failed: boolean;
}

const NO_QUERY = 'The query is missing: call the tool with {"query": "…"}.';
const NO_MORE = 'No more searches can be run for this request. Answer with what you have.';

/**
 * The decisions of an answer with searches in it: what the model is asked next, and whether its turn is the last. The
 * model sees an ordinary function. At most `maxSearches` searches are asked for, those that fail included, so there is at
 * most one more upstream call than that.
 */
export class SearchLoop {
  private readonly added: Message[] = [];
  private searchesLeft: number;
  private hasSearched = false;
  /** Output tokens of the turns so far. */
  private outputUsed = 0;

  constructor(
    private readonly asked: CompletionRequest,
    maxSearches: number,
    /** Output tokens of all turns together. */
    private readonly outputLimit: number,
  ) {
    this.searchesLeft = maxSearches;
  }

  /** Whether the model may still search; when not, its next turn is the last. */
  get isOpen(): boolean {
    return this.searchesLeft > 0;
  }

  /** What the next upstream call asks. */
  request(): CompletionRequest {
    const tools = (this.asked.tools ?? []).flatMap((tool) => this.offer(tool));
    return {
      ...this.asked,
      messages: [...this.asked.messages, ...this.added],
      tools,
      toolChoice: this.choice(tools),
      maxOutputTokens: this.hasSearched
        ? Math.max(1, this.outputLimit - this.outputUsed)
        : this.asked.maxOutputTokens,
      replacesMessages: this.added.length > 0 || this.asked.replacesMessages,
      replacesTools: true,
    };
  }

  /** What follows a turn that used so many output tokens. A turn that was cut off is the last, whatever it began. */
  decide(turn: Turn, outputTokens: number): SearchStep {
    this.outputUsed += outputTokens;
    const last: SearchStep = { searches: [], refusals: [], goesOn: false };
    const isOver =
      turn.finishReason !== 'tool-calls' && turn.finishReason !== 'stop' && turn.finishReason !== 'other';
    const calls = turn.content.filter(isSearchCall);
    if (isOver || calls.length === 0 || !this.isOpen || this.outputUsed >= this.outputLimit) return last;
    const step = {
      ...last,
      goesOn: !turn.content.some((part) => part.type === 'tool-call' && !isSearchCall(part)),
    };
    for (const call of calls) {
      const query = queryOf(call);
      if (this.searchesLeft === 0) step.refusals.push({ callId: call.id, reason: NO_MORE });
      else if (query === undefined) step.refusals.push({ callId: call.id, reason: NO_QUERY });
      else step.searches.push({ callId: call.id, query });
      if (this.searchesLeft > 0) this.searchesLeft -= 1;
    }
    return step;
  }

  /** Takes a turn and the answers to its calls into the history, in the order of the calls. */
  append(turn: Turn, answers: readonly SearchAnswer[]): void {
    this.hasSearched = true;
    const results = turn.content.filter(isSearchCall).flatMap(({ id }): ContentPart[] => {
      const answer = answers.find(({ callId }) => callId === id);
      if (!answer) return [];
      const text = this.isOpen || answer.failed ? answer.text : `${answer.text}\n\n${NO_MORE}`;
      return [
        {
          type: 'tool-result',
          callId: id,
          content: [{ type: 'text', text }],
          ...(answer.failed ? { isError: true } : {}),
        },
      ];
    });
    this.added.push({ role: 'assistant', content: turn.content }, { role: 'tool', content: results });
  }

  private offer(tool: ToolDefinition): ToolDefinition[] {
    if (!isSearchTool(tool)) return [tool];
    // With other tools the search just goes; alone it stays declared, because some vendors refuse calls of an unknown tool.
    if (!this.isOpen && this.hasOthers) return [];
    const cacheControl = cacheControlOf(tool);
    return [cacheControl === undefined ? SEARCH_FUNCTION : { ...SEARCH_FUNCTION, cacheControl }];
  }

  private get hasOthers(): boolean {
    return (this.asked.tools ?? []).some((tool) => tool.kind === 'function');
  }

  /** A forced choice holds until a tool was called; a limit that is reached forbids what is left. */
  private choice(tools: readonly ToolDefinition[]): ToolChoice | undefined {
    const { toolChoice } = this.asked;
    if (!this.isOpen && !this.hasOthers) return { kind: 'none' };
    if (!this.hasSearched || toolChoice === undefined) return tools.length === 0 ? undefined : toolChoice;
    const isForced = toolChoice.kind === 'required' || toolChoice.kind === 'tool';
    return isForced ? { kind: 'auto' } : toolChoice;
  }
}

/** Whether a part is a call of the search tool. */
export const isSearchCall = (part: ContentPart): part is ToolCallPart =>
  part.type === 'tool-call' && part.name === SEARCH_TOOL;

/** How an answer ends once its search calls are taken out of the last turn. */
export function finalReason(turn: Turn): Turn['finishReason'] {
  if (turn.finishReason !== 'tool-calls') return turn.finishReason;
  const isCalling = turn.content.some((part) => part.type === 'tool-call' && !isSearchCall(part));
  return isCalling ? 'tool-calls' : 'stop';
}

function queryOf(call: ToolCallPart): string | undefined {
  const input = tryParseJson(call.arguments);
  const query = isObject(input) ? asString(input['query'])?.trim() : undefined;
  return query === '' ? undefined : query;
}
