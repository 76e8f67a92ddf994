import type { FaregateError } from '../../core/errors.js';
import type { CompletionEvent, ContentPart } from '../../protocols/completion.js';
import type { Protocol, ResponseIdentity, StreamEncoder } from '../../protocols/protocol.js';
import type { FoundCitation, SearchRun, SearchWords } from '../../protocols/search-words.js';
import { SEARCH_TOOL } from '../../search/search-declaration.js';
import type { CitationFinder } from './citation-finder.js';

/** Between the texts of two turns, where a protocol has one string for both. */
const SEPARATOR = '\n\n';
/** Text of a turn that is held back while the turn may still become a search. */
const HELD_CHARS = 256;
/** All characters, thinking and arguments included, that are ever held back. */
const MAX_HELD_CHARS = 32_768;

/** What the client is shown of an answer, over all its turns. */
export class SearchView {
  private encoder: StreamEncoder | undefined;
  private readonly words: SearchWords;
  private nextBlock = 0;
  private isStarted = false;
  /** Characters of text shown so far. */
  private textLength = 0;

  constructor(
    private readonly client: Protocol,
    private readonly identity: ResponseIdentity,
    private readonly finder: CitationFinder,
  ) {
    this.words = client.search as SearchWords;
  }

  /** A turn as it streams. `maySearch`: it may end in a search, so order matters. */
  turn(maySearch: boolean): TurnView {
    return new TurnView(this, this.words.searchesFirst && maySearch);
  }

  /** Wire text that shows searches. */
  searches(runs: readonly SearchRun[]): string {
    return this.words
      .blocks(runs)
      .map((raw) => this.push({ type: 'opaque-block', block: this.block(), protocol: this.client.name, raw }))
      .join('');
  }

  /** Searches as parts of a whole answer. */
  searchParts(runs: readonly SearchRun[]): ContentPart[] {
    return this.words.blocks(runs).map((raw) => ({ type: 'opaque', protocol: this.client.name, raw }));
  }

  /** A turn's parts as a whole answer shows them: without its search calls, with citations. */
  parts(content: readonly ContentPart[]): ContentPart[] {
    return content
      .filter((part) => !(part.type === 'tool-call' && part.name === SEARCH_TOOL))
      .flatMap((part) => (part.type === 'text' ? this.textParts(part) : [part]));
  }

  push(event: CompletionEvent): string {
    if (event.type === 'start') {
      if (this.isStarted) return '';
      this.isStarted = true;
    }
    return this.encoderOf().push(event);
  }

  end(): string {
    return this.encoderOf().end();
  }

  /** How the stream says that it breaks off; undefined: as its protocol does. */
  fail(error: FaregateError): string | undefined {
    return this.encoder?.fail?.(error);
  }

  block(): number {
    return this.nextBlock++;
  }

  /** What goes before a turn's first text. */
  separator(): string {
    if (!this.words.joinsText || this.textLength === 0) return '';
    this.addText(SEPARATOR);
    return SEPARATOR;
  }

  /** Counts text that is shown and answers the citations that it completes. */
  addText(text: string): FoundCitation[] {
    this.textLength += text.length;
    return this.finder.push(text);
  }

  endText(): FoundCitation[] {
    return this.finder.flush();
  }

  /** Citations as this client has them: Chat shows them for Anthropic's models alone, as Octen does. */
  citations(found: readonly FoundCitation[]) {
    if (this.client.name === 'openai-chat' && !this.identity.model.startsWith('anthropic/')) return [];
    return found.map((citation) => this.words.citation(citation));
  }

  /** Made at the first event: only then is all known of who answers. */
  private encoderOf(): StreamEncoder {
    this.encoder ??= this.client.streamEncoder(this.identity);
    return this.encoder;
  }

  private textParts(part: Extract<ContentPart, { type: 'text' }>): ContentPart[] {
    const separator = this.separator();
    const found = this.citations([...this.addText(part.text), ...this.endText()]);
    const citations = [...(part.citations ?? []), ...found];
    const text: ContentPart = { ...part, ...(citations.length > 0 ? { citations } : {}) };
    return separator === '' ? [text] : [{ type: 'text', text: separator }, text];
  }
}

/** One turn on its way to the client. */
export class TurnView {
  private readonly blocks = new Map<number, number>();
  private readonly hidden = new Set<number>();
  private held: CompletionEvent[] | undefined;
  private heldText = 0;
  private heldChars = 0;
  private hasText = false;

  constructor(
    private readonly view: SearchView,
    isHeld: boolean,
  ) {
    if (isHeld) this.held = [];
  }

  /** Wire text for an event; "" for what the client does not see, or not yet. */
  push(event: CompletionEvent): string {
    if (event.type === 'usage' || event.type === 'finish' || event.type === 'error') return '';
    if (this.isHidden(event)) return '';
    if (!this.held) return this.show(event);
    this.held.push(event);
    const chars = 'text' in event ? event.text.length : 0;
    this.heldChars += chars;
    if (event.type === 'text-delta' || event.type === 'refusal-delta') this.heldText += chars;
    return this.heldText > HELD_CHARS || this.heldChars > MAX_HELD_CHARS ? this.release() : '';
  }

  /** Lets go of what was held back. */
  release(): string {
    const events = this.held ?? [];
    this.held = undefined;
    return events.map((event) => this.show(event)).join('');
  }

  /** Calls of the search tool are the gateway's business (statement 50). */
  private isHidden(event: CompletionEvent): boolean {
    if (event.type === 'tool-start' && event.name === SEARCH_TOOL) this.hidden.add(event.block);
    return 'block' in event && this.hidden.has(event.block);
  }

  private show(event: CompletionEvent): string {
    if (!('block' in event)) return this.view.push(event);
    const block = this.blockOf(event.block);
    const own = { ...event, block };
    if (event.type === 'text-delta') return this.showText({ ...event, block });
    if (event.type === 'text-end') return this.cite(block, this.view.endText()) + this.view.push(own);
    return this.view.push(own);
  }

  private showText(event: Extract<CompletionEvent, { type: 'text-delta' }>): string {
    const separator = this.hasText || event.text === '' ? '' : this.view.separator();
    if (event.text !== '') this.hasText = true;
    const before =
      separator === '' ? '' : this.view.push({ type: 'text-delta', block: event.block, text: separator });
    const found = this.view.addText(event.text);
    return before + this.view.push(event) + this.cite(event.block, found);
  }

  private cite(block: number, found: readonly FoundCitation[]): string {
    return this.view
      .citations(found)
      .map((citation) => this.view.push({ type: 'citation', block, citation }))
      .join('');
  }

  private blockOf(number: number): number {
    const known = this.blocks.get(number);
    if (known !== undefined) return known;
    const block = this.view.block();
    this.blocks.set(number, block);
    return block;
  }
}
