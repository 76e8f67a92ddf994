import { filterResults } from '../result-filter.js';
import { SearchBackend, type SearchResult } from '../search-backend.js';
import { callSearchService, type SearchServiceSettings } from '../search-http.client.js';
import type { SearchOptions } from '../search-options.js';
import type { SearchPlan } from '../search-plan.js';
import { searxngQuery, searxngResults, searxngShortcomings } from './searxng-wire.js';

/** A page holds about ten results; more are not worth waiting for. */
const MAX_PAGES = 3;

/** A SearXNG instance whose `search.formats` include json. */
export class SearxngClient extends SearchBackend {
  override readonly name = 'searxng';

  constructor(private readonly settings: SearchServiceSettings) {
    super();
  }

  override shortcomings(options: SearchOptions): string[] {
    return searxngShortcomings(options);
  }

  /** Reads pages until enough results are left after filtering; a later page that fails ends the list. */
  override async search(plan: SearchPlan, signal: AbortSignal): Promise<SearchResult[]> {
    const found = new Map<string, SearchResult>();
    let kept: SearchResult[] = [];
    for (let page = 1; page <= MAX_PAGES && kept.length < plan.count; page++) {
      const before = found.size;
      try {
        for (const result of await this.page(plan, page, signal)) {
          if (!found.has(result.url)) found.set(result.url, result);
        }
      } catch (error) {
        if (page === 1 || signal.aborted) throw error;
        break;
      }
      if (found.size === before) break;
      kept = filterResults([...found.values()], plan, { texts: true, times: needsTimes(plan) });
    }
    return kept;
  }

  private async page(plan: SearchPlan, page: number, signal: AbortSignal): Promise<SearchResult[]> {
    const { url, apiKey, timeoutMs } = this.settings;
    const answer = await callSearchService({
      url: `${url}/search?${searxngQuery(plan, page)}`,
      method: 'GET',
      // Instances have no keys of their own; a proxy in front of one may want a token.
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      timeoutMs,
      signal,
    });
    return searxngResults(answer);
  }
}

/** A time range is the engines' business, who seldom say when a page was published; other time filters are ours. */
const needsTimes = (plan: SearchPlan): boolean => plan.timeRange === undefined || plan.timeBasis !== 'auto';
