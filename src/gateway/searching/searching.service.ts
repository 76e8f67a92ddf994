import { Injectable } from '@nestjs/common';
import type { CompletionRequest } from '../../protocols/completion.js';
import type { Protocol } from '../../protocols/protocol.js';
import { SearchService } from '../../search/search.service.js';
import type { AnswerShape, RoutedDeployment } from '../answer-shape.js';
import type { UnderstoodCall } from '../understood-call.js';
import { setUpSearch, type OfferedSearch, type SearchSetup } from './search-setup.js';
import { shapeSearch } from './search-shape.js';

/** octen_search in the gateway: reads its declaration and joins the loop with the configured backend. */
@Injectable()
export class SearchingService {
  constructor(private readonly searches: SearchService) {}

  /** The request and its search tool, with notes on what the backend cannot do. Throws FaregateError 400. */
  setUp(asked: CompletionRequest, client: Protocol): SearchSetup {
    const setup = setUpSearch(asked, client);
    if (!setup.search) return setup;
    const notes = this.searches.shortcomings(setup.search.options);
    return notes.length === 0
      ? setup
      : { ...setup, asked: { ...setup.asked, warnings: [...setup.asked.warnings, ...notes] } };
  }

  /** How a call that may search is answered. */
  shape(call: UnderstoodCall, route: readonly RoutedDeployment[], search: OfferedSearch): AnswerShape {
    return shapeSearch(call, route, search, (query, options, signal) =>
      this.searches.run(query, options, signal),
    );
  }
}
