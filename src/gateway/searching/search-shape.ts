import { SINGLE_CALL, type CallExtent } from '../../admission/estimate.js';
import { invalidRequest } from '../../core/errors.js';
import { uuidv7, shortId } from '../../core/ids.js';
import type { TokenClass } from '../../core/token-usage.js';
import type { CompletionRequest } from '../../protocols/completion.js';
import { isSearchTool, SEARCH_TOOL } from '../../search/search-declaration.js';
import { SinglePlan, type LegRequest } from '../answer-plan.js';
import { shapeAnswer, type AnswerShape, type ComposeParts, type RoutedDeployment } from '../answer-shape.js';
import type { UnderstoodCall } from '../understood-call.js';
import { SearchAnswerPlan, type SearchSetting } from './search-answer-plan.js';
import { SearchLoop } from './search-loop.js';
import { searchExtent, withoutSearch, type OfferedSearch } from './search-setup.js';

/** Chooses how a call that may search is answered: by as many upstream calls as searches are paid for, and one more. */
export function shapeSearch(
  call: UnderstoodCall,
  route: readonly RoutedDeployment[],
  search: OfferedSearch,
  run: SearchSetting['run'],
): AnswerShape {
  // A model without tools has lost this one too, and the caller is told so.
  if (!call.request.tools?.some(isSearchTool)) return shapeAnswer(call, route);
  const { maxSearches } = search.options;
  const leg: LegRequest = { asked: call.asked, text: call.text };
  const output = Math.max(...route.map(({ model }) => limitOf(call.asked, model.maxOutputTokens)));
  const extents = Array.from({ length: maxSearches + 1 }, (_, less): CallExtent => {
    const searches = maxSearches - less;
    return searches === 0 ? SINGLE_CALL : searchExtent(search, searches, output);
  });
  const [extent = SINGLE_CALL, ...lesser] = search.isForced ? extents.slice(0, -1) : extents;
  return {
    candidates: route,
    extent,
    lesserExtents: lesser,
    needs: {
      classes: pricedClasses(search),
      refusal: invalidRequest(
        `${search.path}: ${SEARCH_TOOL} has no price with ${call.request.model}`,
        search.path,
        'search_not_priced',
      ),
    },
    sample: { ...leg, asked: new SearchLoop(call.asked, maxSearches, output).request() },
    compose: (parts) => composeSearch(parts, { leg, search, run }),
  };
}

function composeSearch(
  { client, identity, meter, ticket }: ComposeParts,
  { leg, search, run }: { leg: LegRequest; search: OfferedSearch; run: SearchSetting['run'] },
) {
  const searches = ticket.ownSearches;
  const { maxSearches } = search.options;
  const asked = searches < maxSearches ? noted(leg.asked, searches) : leg.asked;
  if (searches === 0) return new SinglePlan({ ...leg, asked: withoutSearch(asked) }, { client, identity });
  const setting: SearchSetting = {
    leg: { ...leg, asked },
    options: search.options,
    maxSearches: searches,
    outputLimit: Math.min(...ticket.candidates.map(({ maxOutputTokens }) => maxOutputTokens)),
    knownPages: search.knownPages,
    run,
    newId: () => `srvtoolu_${shortId(uuidv7())}`,
  };
  return new SearchAnswerPlan(setting, { client, identity }, meter);
}

/** The request with a note on how many searches the balance covers. */
const noted = (asked: CompletionRequest, searches: number): CompletionRequest => ({
  ...asked,
  warnings: [
    ...asked.warnings,
    searches === 0
      ? `tools.${SEARCH_TOOL} was dropped: the balance covers no search`
      : `tools.${SEARCH_TOOL}.max_searches was lowered to ${searches}, which is what the balance covers`,
  ],
});

/** A search is never free, nor is full content beyond what is. */
const pricedClasses = ({ options }: OfferedSearch): TokenClass[] => [
  'search',
  ...(searchExtent({ options, path: '', given: [] }, 1, 0).ownFullContent > 0
    ? (['search_full_content'] as const)
    : []),
];

const limitOf = (asked: CompletionRequest, most: number): number =>
  Math.min(asked.maxOutputTokens ?? most, most);
