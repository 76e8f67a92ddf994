import { SearchBackend, type SearchResult } from '../search-backend.js';
import { callSearchService, type SearchServiceSettings } from '../search-http.client.js';
import type { SearchPlan } from '../search-plan.js';
import { filterResults } from '../result-filter.js';
import { octenRequest, octenResults } from './octen-wire.js';

/** Octen's own search API; it knows every parameter. */
export class OctenClient extends SearchBackend {
  override readonly name = 'octen';

  constructor(private readonly settings: SearchServiceSettings) {
    super();
  }

  override shortcomings(): string[] {
    return [];
  }

  override async search(plan: SearchPlan, signal: AbortSignal): Promise<SearchResult[]> {
    const { url, apiKey, timeoutMs } = this.settings;
    const answer = await callSearchService({
      url: `${url}/search`,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
      },
      body: JSON.stringify(octenRequest(plan)),
      timeoutMs,
      signal,
    });
    return filterResults(octenResults(answer), plan, { texts: false, times: false });
  }
}
