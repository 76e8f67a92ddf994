import { Injectable, Logger } from '@nestjs/common';
import { nowMs } from '../core/clock.js';
import { SearchBackend, SearchFailure, type SearchResult } from './search-backend.js';
import type { SearchOptions } from './search-options.js';
import { planSearch } from './search-plan.js';

/** What came of one search. */
export interface SearchOutcome {
  pages: SearchResult[];
  /** The backend could not search; then there are no pages. */
  failed: boolean;
}

/** Runs searches on the configured backend. */
@Injectable()
export class SearchService {
  private readonly log = new Logger(SearchService.name);

  constructor(private readonly backend: SearchBackend) {}

  /** What of these options the backend cannot honour, in words for the caller. */
  shortcomings(options: SearchOptions): string[] {
    return this.backend.shortcomings(options);
  }

  /** Never rejects: a backend that fails is an outcome, and a line in the log without the query. */
  async run(query: string, options: SearchOptions, signal: AbortSignal): Promise<SearchOutcome> {
    try {
      return { pages: await this.backend.search(planSearch(query, options, nowMs()), signal), failed: false };
    } catch (error) {
      if (!signal.aborted) {
        const reason = error instanceof SearchFailure ? error.message : (error as Error).name;
        this.log.warn(`a search on ${this.backend.name} failed: ${reason}`);
      }
      return { pages: [], failed: true };
    }
  }
}
