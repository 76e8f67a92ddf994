import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import { BYTES_PER_TOKEN, filterResults } from '../result-filter.js';
import { SearchBackend, SearchFailure, type SearchResult } from '../search-backend.js';
import { SEARCH_LANGUAGES, type SearchOptions } from '../search-options.js';
import type { SearchPlan } from '../search-plan.js';

interface FoundRow {
  title: string;
  url: string;
  authors: string | null;
  published_at: Date | null;
  crawled_at: Date;
  highlights: string | null;
  full_content: string | null;
}

/** Fragments of a highlight; the words are shared among them. */
const FRAGMENTS = 3;
/** English words are about five letters and a space, so a token is three quarters of one. */
const WORDS_PER_TOKEN = 0.75;

/**
 * Every document that has one of the words, those with all of them first, then by rank. Each is asked in the
 * dictionary of its own language. `replace` turns "all of the words" into "any of them"; of the 500 characters of a
 * query none can make it larger than an index look-up takes.
 */
const SEARCH = `
  with wanted as (
    select config, plainto_tsquery(config, $1) as all_words,
      replace(plainto_tsquery(config, $1)::text, ' & ', ' | ')::tsquery as any_words
    from (select distinct search_config(language) as config from unnest($2::text[]) as l(language)) c
  ), found as (
    select d.*, w.config, w.any_words, d.words @@ w.all_words as is_whole, ts_rank_cd(d.words, w.any_words) as rank
    from wanted w join search_document d on search_config(d.language) = w.config
      and (d.words @@ w.any_words or (numnode(w.any_words) = 0 and $1 = ''))
    where (cardinality($3::text[]) = 0 or d.language = any($3))
      and (cardinality($4::text[]) = 0 or exists (select from unnest($4::text[]) as i(parent)
        where d.domain = parent or right(d.domain, length(parent) + 1) = '.' || parent))
      and not exists (select from unnest($5::text[]) as x(parent)
        where d.domain = parent or right(d.domain, length(parent) + 1) = '.' || parent)
      and not exists (select from unnest($6::text[]) as t(wanted_text)
        where strpos(lower(d.title || ' ' || d.content), lower(wanted_text)) = 0)
      and not exists (select from unnest($7::text[]) as t(unwanted)
        where strpos(lower(d.title || ' ' || d.content), lower(unwanted)) > 0)
      and ($8::timestamptz is null or timed.at >= $8) and ($9::timestamptz is null or timed.at <= $9)
      and (not d.adult or not $10)
    order by is_whole desc, rank desc, coalesce(d.published_at, d.crawled_at) desc, d.id
    limit $11
  )
  select title, url, authors, published_at, crawled_at,
    case when $12 then ts_headline(config, content, any_words, $13) end as highlights,
    case when $14 then left(content, $15) end as full_content
  from found`;

/** What the time filter looks at; a document without it drops out, because nothing compares with null. */
const TIMES = {
  auto: 'coalesce(d.published_at, d.crawled_at)',
  published: 'd.published_at',
  crawled: 'd.crawled_at',
} as const;

/** The embedded backend: PostgreSQL's full-text search over the documents an admin has loaded. */
@Injectable()
export class FullTextRepository extends SearchBackend {
  override readonly name = 'embedded';

  constructor(private readonly database: Database) {
    super();
  }

  override shortcomings(options: SearchOptions): string[] {
    return options.includeImages
      ? ['tools.octen_search.include_images has no effect: documents have no images']
      : [];
  }

  override async search(plan: SearchPlan, signal: AbortSignal): Promise<SearchResult[]> {
    const { pattern, values } = statementOf(plan);
    if (signal.aborted) throw new SearchFailure('the caller has left');
    try {
      const rows = await this.database.query<FoundRow>(pattern, values);
      return filterResults(rows.map(toResult), plan, { texts: false, times: false });
    } catch (error) {
      // What the driver says may repeat what was searched for.
      const { code = 'no answer' } = error as { code?: string };
      throw new SearchFailure(`the documents could not be searched: ${code}`);
    }
  }
}

function statementOf(plan: SearchPlan): { pattern: string; values: unknown[] } {
  const { language, highlight, fullContent } = plan;
  const values = [
    plan.words,
    // Without a filter every dictionary is asked; the empty language stands for documents of none.
    language.length === 0 ? [...SEARCH_LANGUAGES, ''] : language,
    language,
    plan.includeDomains,
    plan.excludeDomains,
    plan.includeText,
    plan.excludeText,
    plan.fromMs === undefined ? null : new Date(plan.fromMs),
    plan.toMs === undefined ? null : new Date(plan.toMs),
    plan.safesearch === 'strict',
    plan.count,
    highlight.enable,
    headlineOptions(plan),
    fullContent.enable,
    fullContent.maxTokens * BYTES_PER_TOKEN,
  ];
  return { pattern: SEARCH.replaceAll('timed.at', TIMES[plan.timeBasis]), values };
}

/** `ts_headline` options: as many words as the highlight may have, marked when it is Markdown. */
function headlineOptions({ highlight, format }: SearchPlan): string {
  const words = Math.max(20, Math.floor((highlight.maxTokens * WORDS_PER_TOKEN) / FRAGMENTS));
  const mark = format === 'markdown' ? '**' : '';
  return [
    `StartSel="${mark}"`,
    `StopSel="${mark}"`,
    `MaxFragments=${FRAGMENTS}`,
    `MaxWords=${words}`,
    `MinWords=${Math.floor(words / 2)}`,
    'FragmentDelimiter=" ... "',
  ].join(', ');
}

const toResult = (row: FoundRow): SearchResult => ({
  title: row.title,
  url: row.url,
  highlights: row.highlights ?? undefined,
  fullContent: row.full_content ?? undefined,
  authors: row.authors ?? undefined,
  timePublished: row.published_at?.toISOString(),
  timeLastCrawled: row.crawled_at.toISOString(),
});
