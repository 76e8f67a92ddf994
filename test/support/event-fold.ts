import type {
  CompletionEvent,
  CompletionResult,
  ContentPart,
  FinishReason,
} from '../../src/protocols/completion.js';
import type { TokenUsage } from '../../src/core/token-usage.js';
import { emptyUsage, mergeUsage } from '../../src/core/token-usage.js';

/** A streamed answer folded into what a whole answer would have said. */
export interface FoldedStream {
  choices: {
    content: ContentPart[];
    finishReason: FinishReason | undefined;
    stopSequence?: string | undefined;
  }[];
  usage: TokenUsage;
  failure: string | undefined;
}

type Handlers = { [T in CompletionEvent['type']]: (event: Extract<CompletionEvent, { type: T }>) => void };

/** Folds events in the plainest way: blocks in the order of their start, text joined. */
export function foldEvents(events: readonly CompletionEvent[]): FoldedStream {
  const folded: FoldedStream = { choices: [], usage: emptyUsage(), failure: undefined };
  const blocks = new Map<number, ContentPart>();
  const choice = (index = 0) => (folded.choices[index] ??= { content: [], finishReason: undefined });
  const open = (block: number, index: number | undefined, part: ContentPart) => {
    blocks.set(block, part);
    choice(index).content.push(part);
  };
  const part = <T extends ContentPart['type']>(block: number, type: T) => {
    const found = blocks.get(block);
    if (found?.type !== type) throw new Error(`block ${block} is not an open ${type}`);
    return found as Extract<ContentPart, { type: T }>;
  };
  const handlers: Handlers = {
    start: () => undefined,
    'text-start': (event) => open(event.block, event.choice, { type: 'text', text: '' }),
    'text-delta': (event) => void (part(event.block, 'text').text += event.text),
    'text-end': () => undefined,
    citation: (event) => void (part(event.block, 'text').citations ??= []).push(event.citation),
    'refusal-delta': (event) => {
      const { content } = choice(event.choice);
      const refusal = content.find((candidate) => candidate.type === 'refusal');
      if (refusal) refusal.text += event.text;
      else content.push({ type: 'refusal', text: event.text });
    },
    'thinking-start': (event) => open(event.block, event.choice, { type: 'thinking', text: '' }),
    'thinking-delta': (event) => void (part(event.block, 'thinking').text += event.text),
    'thinking-signature': (event) => void (part(event.block, 'thinking').signature = event.signature),
    'thinking-end': () => undefined,
    'redacted-thinking': (event) =>
      open(event.block, undefined, { type: 'redacted-thinking', data: event.data, issuer: event.issuer }),
    'tool-start': (event) =>
      open(event.block, event.choice, { type: 'tool-call', id: event.id, name: event.name, arguments: '' }),
    'tool-delta': (event) => void (part(event.block, 'tool-call').arguments += event.text),
    'tool-end': (event) => {
      if (event.signature) part(event.block, 'tool-call').signature = event.signature;
    },
    'opaque-block': (event) =>
      open(event.block, undefined, { type: 'opaque', protocol: event.protocol, raw: event.raw }),
    usage: (event) => void (folded.usage = mergeUsage(folded.usage, event.usage)),
    finish: (event) => {
      choice(event.choice).finishReason = event.reason;
      if (event.stopSequence !== undefined) choice(event.choice).stopSequence = event.stopSequence;
    },
    error: (event) => void (folded.failure = event.failure.message),
  };
  for (const event of events) (handlers[event.type] as (event: CompletionEvent) => void)(event);
  return folded;
}

/** The content of a whole answer, in the form foldEvents gives a streamed one. */
export const foldResult = (result: CompletionResult): FoldedStream => ({
  choices: result.choices.map(({ content, finishReason, stopSequence }) => ({
    content,
    finishReason,
    ...(stopSequence === undefined ? {} : { stopSequence }),
  })),
  usage: result.usage,
  failure: undefined,
});
