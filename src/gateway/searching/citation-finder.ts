import type { FoundCitation, FoundPage } from '../../protocols/search-words.js';

/** "[3]" that is no index of a list in code, and the address of a Markdown link. */
const REFERENCE = /(?<![\w\])])\[(\d{1,4})\](?!\()|\]\((https?:\/\/[^\s)]{1,2000})\)/g;
/** Longest beginning of a reference that may be cut between two pieces of text. */
const MAX_OPEN = 2_100;

/**
 * Finds in a text, as it grows, the references that models were told to make to search results: their number in
 * brackets, or a link to their address. Only pages that a search has found are ever cited.
 */
export class CitationFinder {
  private readonly pages: FoundPage[] = [];
  private readonly byUrl = new Map<string, FoundPage>();
  /** Text that may hold the beginning of a reference. */
  private tail = '';
  /** Length of all text before the tail. */
  private offset = 0;
  /** The character before the tail; decides whether a bracket is an index. */
  private before = '';

  /** Number that the next page gets. */
  get nextNumber(): number {
    return this.pages.length + 1;
  }

  add(pages: readonly FoundPage[]): void {
    for (const page of pages) {
      this.pages.push(page);
      if (!this.byUrl.has(page.url)) this.byUrl.set(page.url, page);
    }
  }

  /** References that end within the text so far and were not given before. */
  push(text: string): FoundCitation[] {
    const scanned = this.before + this.tail + text;
    const start = this.offset - this.before.length;
    const found: FoundCitation[] = [];
    let done = this.before.length;
    for (const match of scanned.matchAll(REFERENCE)) {
      // "[1]" at the very end may still become "[1](https://…".
      const end = match.index + match[0].length;
      if (match[1] !== undefined && end === scanned.length) break;
      const page = match[1] === undefined ? this.byUrl.get(match[2] ?? '') : this.pages[Number(match[1]) - 1];
      if (page) found.push({ page, start: start + match.index, end: start + end });
      done = end;
    }
    this.keep(scanned, done, start);
    return found;
  }

  /** The text, or a stretch of it that nothing can continue, is over: what stands at its very end counts too. */
  flush(): FoundCitation[] {
    const [, number] = /(?<![\w\])])\[(\d{1,4})\]$/.exec(this.before + this.tail) ?? [];
    const end = this.offset + this.tail.length;
    this.offset = end;
    this.before = '';
    this.tail = '';
    const page = number === undefined ? undefined : this.pages[Number(number) - 1];
    return page && number !== undefined ? [{ page, start: end - number.length - 2, end }] : [];
  }

  private keep(scanned: string, done: number, start: number): void {
    const open = scanned.indexOf('[', Math.max(done, scanned.length - MAX_OPEN));
    const close = scanned.indexOf('](', Math.max(done, scanned.length - MAX_OPEN));
    const starts = [open, close].filter((at) => at !== -1);
    const from = starts.length === 0 ? scanned.length : Math.min(...starts);
    this.before = from > 0 ? scanned.charAt(from - 1) : '';
    this.tail = scanned.slice(from);
    this.offset = start + from;
  }
}
