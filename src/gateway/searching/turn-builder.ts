import type { CompletionEvent, ContentPart, FinishReason } from '../../protocols/completion.js';

type EventOf<T extends CompletionEvent['type']> = Extract<CompletionEvent, { type: T }>;
type PartOf<T extends ContentPart['type']> = Extract<ContentPart, { type: T }>;

/** One answer of a model, as far as the next turn needs it. */
export interface Turn {
  content: ContentPart[];
  finishReason: FinishReason;
  stopSequence?: string | undefined;
}

/** Puts a streamed answer together as parts, in the order in which their blocks began. */
export class TurnBuilder {
  private readonly parts: ContentPart[] = [];
  private readonly open = new Map<number, ContentPart>();
  private finishReason: FinishReason = 'other';
  private stopSequence: string | undefined;

  /** What has come so far; empty texts are left out, a call without arguments has "{}". */
  get turn(): Turn {
    const content = this.parts.filter((part) => part.type !== 'text' || part.text !== '');
    for (const part of content) if (part.type === 'tool-call' && part.arguments === '') part.arguments = '{}';
    return { content, finishReason: this.finishReason, stopSequence: this.stopSequence };
  }

  observe(event: CompletionEvent): void {
    if ('choice' in event && (event.choice ?? 0) !== 0) return;
    switch (event.type) {
      case 'text-start':
        return this.begin(event.block, { type: 'text', text: '' });
      case 'thinking-start':
        return this.begin(event.block, { type: 'thinking', text: '' });
      case 'tool-start':
        return this.begin(event.block, { type: 'tool-call', id: event.id, name: event.name, arguments: '' });
      case 'redacted-thinking':
        return this.begin(event.block, { type: 'redacted-thinking', data: event.data, issuer: event.issuer });
      case 'opaque-block':
        return this.begin(event.block, { type: 'opaque', protocol: event.protocol, raw: event.raw });
      case 'finish':
        this.finishReason = event.reason;
        this.stopSequence = event.stopSequence;
        return;
      case 'refusal-delta':
        return this.refuse(event.text);
      default:
        return this.extend(event);
    }
  }

  private begin(block: number, part: ContentPart): void {
    this.parts.push(part);
    this.open.set(block, part);
  }

  private refuse(text: string): void {
    const last = this.parts.at(-1);
    if (last?.type === 'refusal') last.text += text;
    else this.parts.push({ type: 'refusal', text });
  }

  private extend(event: CompletionEvent): void {
    switch (event.type) {
      case 'text-delta':
        return this.onPart('text', event, (part) => (part.text += event.text));
      case 'thinking-delta':
        return this.onPart('thinking', event, (part) => (part.text += event.text));
      case 'thinking-signature':
        return this.onPart('thinking', event, (part) => (part.signature = event.signature));
      case 'tool-delta':
        return this.onPart('tool-call', event, (part) => (part.arguments += event.text));
      case 'tool-end':
        return this.onPart('tool-call', event, (part) => {
          if (event.signature) part.signature = event.signature;
        });
      default:
        return;
    }
  }

  private onPart<T extends ContentPart['type']>(
    type: T,
    event: EventOf<'text-delta' | 'thinking-delta' | 'thinking-signature' | 'tool-delta' | 'tool-end'>,
    change: (part: PartOf<T>) => void,
  ): void {
    const part = this.open.get(event.block);
    if (part?.type === type) change(part as PartOf<T>);
  }
}
