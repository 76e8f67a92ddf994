import { invalidRequest } from '../../core/errors.js';

/** One page of a list, newest first. */
export interface ListPage<Item> {
  object: 'list';
  data: Item[];
  has_more: boolean;
  /** Pass it as `cursor` for the next page; null on the last one. */
  next_cursor: string | null;
}

/** What keyset a list walks along: UUIDs, whole numbers, or names. */
export type CursorKind = 'uuid' | 'number' | 'slug';

const FORMS: Record<CursorKind, RegExp> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  number: /^\d{1,18}$/,
  slug: /^[\x21-\x7e]{1,200}$/,
};

const encode = (key: string): string => Buffer.from(key).toString('base64url');

/** The key after which a page starts; undefined for the first page. Throws invalid_request on a foreign cursor. */
export function readCursor(cursor: string | undefined, kind: CursorKind): string | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (encode(key) !== cursor || !FORMS[kind].test(key)) {
    throw invalidRequest('cursor must be a next_cursor of this list', 'cursor');
  }
  return key;
}

export interface PageSource<Row, Item> {
  /** One row more than the limit, when there are as many. */
  rows: readonly Row[];
  limit: number;
  /** The key the list is ordered by. */
  keyOf: (row: Row) => string;
  toItem: (row: Row) => Item;
}

/** The page of `limit` items out of `limit + 1` rows. */
export function listPage<Row, Item>({ rows, limit, keyOf, toItem }: PageSource<Row, Item>): ListPage<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit;
  return {
    object: 'list',
    data: shown.map(toItem),
    has_more: hasMore,
    next_cursor: hasMore && last !== undefined ? encode(keyOf(last)) : null,
  };
}
