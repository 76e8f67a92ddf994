import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { publicId } from '../../core/ids.js';
import {
  IsFlag,
  IsInstant,
  IsJudged,
  IsOneOf,
  IsText,
  MayBeAbsent,
  MayBeNull,
} from '../../platform/http/fields.decorator.js';
import { domainOf } from '../search-domain.js';
import { SEARCH_LANGUAGES } from '../search-options.js';
import type { ListedDocument, SearchDocument } from './document.js';

/** Longest text of a document: a tsvector holds at most a megabyte. */
const MAX_CONTENT_CHARS = 200_000;

/** Why a value is no address of a page; null when it is one. */
function judgePageUrl(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 2_000 || /[\s\p{Cc}]/u.test(value) || !URL.canParse(value))
    return 'must be a URL such as "https://example.com/page"';
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') return 'must not contain a credential';
  return domainOf(value) === undefined ? 'must begin with https:// or http:// and a domain' : null;
}

/** Body of POST /search-documents. */
export class CreateSearchDocument {
  @ApiProperty({
    maxLength: 2_000,
    example: 'https://example.com/page',
    description: 'Unique. Shown and cited, never fetched.',
  })
  @IsJudged('isPageUrl', judgePageUrl)
  url!: string;

  @ApiProperty({ maxLength: 500 })
  @IsText({ max: 500 })
  title!: string;

  @ApiProperty({ maxLength: MAX_CONTENT_CHARS, description: 'The text of the page, plain.' })
  @IsText({ max: MAX_CONTENT_CHARS })
  content!: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 200, description: 'Site name or author.' })
  @MayBeNull()
  @IsText()
  authors?: string | null;

  @ApiPropertyOptional({
    enum: SEARCH_LANGUAGES,
    nullable: true,
    description: 'Decides how words are reduced to stems; absent: word by word.',
  })
  @MayBeNull()
  @IsOneOf(...SEARCH_LANGUAGES)
  language?: string | null;

  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @MayBeNull()
  @IsInstant()
  published_at?: string | null;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the text was read from its page; absent: now.',
  })
  @MayBeNull()
  @IsInstant()
  crawled_at?: string | null;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Left out by safesearch strict.' })
  @MayBeAbsent()
  @IsFlag()
  adult?: boolean;
}

/** A document in a list, as documented; showListed makes it. */
export class ListedSearchDocumentResource {
  @ApiProperty({ enum: ['search_document'] })
  object!: 'search_document';

  @ApiProperty({ type: String, example: 'sdoc_0199…' })
  id!: string;

  @ApiProperty({ type: String })
  url!: string;

  @ApiProperty({ type: String, description: 'What domain filters look at.' })
  domain!: string;

  @ApiProperty({ type: String })
  title!: string;

  @ApiProperty({ type: String, nullable: true })
  authors!: string | null;

  @ApiProperty({ type: String, nullable: true })
  language!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  published_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  crawled_at!: string;

  @ApiProperty({ type: Boolean })
  adult!: boolean;

  @ApiProperty({ type: 'integer' })
  content_bytes!: number;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** A document with its text, as documented; showDocument makes it. */
export class SearchDocumentResource extends ListedSearchDocumentResource {
  @ApiProperty({ type: String })
  content!: string;
}

/** The answer to a removal. */
export class DeletedSearchDocumentResource {
  @ApiProperty({ enum: ['search_document'] })
  object!: 'search_document';

  @ApiProperty({ type: String, example: 'sdoc_0199…' })
  id!: string;

  @ApiProperty({ enum: [true] })
  deleted!: true;
}

/** The fields that lists and single answers share. */
const fieldsOf = (document: ListedDocument) => ({
  object: 'search_document' as const,
  id: publicId('searchDocument', document.id),
  url: document.url,
  domain: document.domain,
  title: document.title,
  authors: document.authors,
  language: document.language,
  published_at: document.publishedAt?.toISOString() ?? null,
  crawled_at: document.crawledAt.toISOString(),
  adult: document.adult,
  content_bytes: document.contentBytes,
  created_at: document.createdAt.toISOString(),
});

export const showListed = (document: ListedDocument): ListedSearchDocumentResource => fieldsOf(document);

export const showDocument = (document: SearchDocument): SearchDocumentResource => ({
  ...fieldsOf({ ...document, contentBytes: Buffer.byteLength(document.content) }),
  content: document.content,
});
