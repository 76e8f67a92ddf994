/** A page that the embedded backend can find. */
export interface SearchDocument {
  /** UUID. */
  id: string;
  url: string;
  /** The URL's host without "www.". */
  domain: string;
  title: string;
  /** Plain text. */
  content: string;
  authors: string | null;
  /** ISO 639-1; null: not known, found word by word and by no language filter. */
  language: string | null;
  publishedAt: Date | null;
  /** When the text was read from its page. */
  crawledAt: Date;
  /** Left out by `safesearch: "strict"`. */
  adult: boolean;
  createdAt: Date;
}

/** What an admin says of a new document. */
export type NewSearchDocument = Omit<SearchDocument, 'createdAt'>;

/** A document as lists show it: without its text. */
export type ListedDocument = Omit<SearchDocument, 'content'> & { contentBytes: number };
