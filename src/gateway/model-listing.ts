import type { Principal } from '../auth/principal.js';
import type { CatalogModel } from '../catalog/model.js';
import type { PriceSheet } from '../catalog/price.js';
import { formatPico } from '../core/money.js';
import { TOKEN_CLASSES } from '../core/token-usage.js';

export interface ModelListQuestion {
  models: readonly CatalogModel[];
  principal: Principal;
  /** Prices in force for the caller; undefined when nothing serves the model. */
  pricesOf: (model: CatalogModel) => PriceSheet | undefined;
  /** Whether the caller speaks Anthropic Messages. */
  isAnthropic: boolean;
}

/** The list of models a key may use: OpenAI's shape, or Anthropic's with its paging fields. */
export function listModels(question: ModelListQuestion): object {
  const { allowedModels } = question.principal;
  const data = question.models
    .filter(
      (model) =>
        allowedModels.length === 0 ||
        [model.id, ...model.aliases].some((name) => allowedModels.includes(name)),
    )
    .map((model) =>
      describeModel(model, { prices: question.pricesOf(model), isAnthropic: question.isAnthropic }),
    );
  if (!question.isAnthropic) return { object: 'list', data };
  const ids = data.map((entry) => (entry as { id: string }).id);
  return { data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}

/** One model. Prices are decimal USD per token (per call for search), as OpenRouter lists them. */
export function describeModel(
  model: CatalogModel,
  how: { prices: PriceSheet | undefined; isAnthropic: boolean },
): object {
  if (how.isAnthropic) {
    return { type: 'model', id: model.id, display_name: model.name, created_at: CREATED_AT };
  }
  return {
    id: model.id,
    object: 'model',
    created: Date.parse(CREATED_AT) / 1000,
    owned_by: model.id.split('/')[0],
    name: model.name,
    aliases: model.aliases,
    context_length: model.contextWindow,
    max_output_tokens: model.maxOutputTokens,
    supported_parameters: model.capabilities,
    pricing: pricing(how.prices),
  };
}

/** Models carry no date of their own here; clients only need one that does not move. */
const CREATED_AT = '2026-01-01T00:00:00Z';

function pricing(prices: PriceSheet | undefined): Record<string, string> {
  const entries = TOKEN_CLASSES.flatMap((tokenClass) => {
    const price = prices?.priceOf(tokenClass, 0);
    return price ? [[tokenClass, formatPico(price.unitPricePico)] as const] : [];
  });
  return Object.fromEntries(entries);
}
