import { uuidv7 } from '../../core/ids.js';
import { parseUnitPrice } from '../../core/money.js';
import { unitOf } from '../prices/unit-price.js';
import { CATALOGUE, FULL_CONTENT_PRICE, SEARCH_PRICE } from './catalogue.js';
import type { SeedModel } from './seed-model.js';

/** The built-in upstream's four faces: one account per wire language, with where its routes begin. */
export const SIMULATED_PROVIDERS = [
  {
    slug: 'simulator-openai',
    name: 'Simulator (OpenAI Chat)',
    adapter: 'openai-compatible',
    protocol: 'openai-chat',
    path: '/v1',
  },
  {
    slug: 'simulator-responses',
    name: 'Simulator (OpenAI Responses)',
    adapter: 'openai',
    protocol: 'openai-responses',
    path: '/v1',
  },
  {
    slug: 'simulator-anthropic',
    name: 'Simulator (Anthropic Messages)',
    adapter: 'anthropic',
    protocol: 'anthropic-messages',
    path: '/v1',
  },
  {
    slug: 'simulator-google',
    name: 'Simulator (Google Gemini)',
    adapter: 'google',
    protocol: 'google-gemini',
    path: '/v1beta',
  },
] as const;

/** Which of them serves a model: the one that speaks its vendor's language. OpenAI offers its pro models over Responses alone. */
export function simulatorOf(modelId: string): (typeof SIMULATED_PROVIDERS)[number]['slug'] {
  if (modelId.startsWith('anthropic/')) return 'simulator-anthropic';
  if (modelId.startsWith('google/')) return 'simulator-google';
  return /^openai\/.*-pro$/.test(modelId) ? 'simulator-responses' : 'simulator-openai';
}

/** What the simulated upstream takes of the list price, in percent: an illustration, so that margins show. */
const COST_PERCENT = 80n;

/** A price as `seedCatalogue` writes it; the names are those of its SQL. */
export interface PriceRow {
  id: string;
  kind: 'list' | 'cost';
  model: string;
  /** Slug; null: every provider. */
  provider: string | null;
  class: string;
  tier: number;
  /** Whole pico per token or call, as text. */
  pico: string;
  source: string;
}

/** The list prices of all models, and the cost prices of their simulated deployments. */
export function priceRows(models: readonly SeedModel[] = CATALOGUE): PriceRow[] {
  return models.flatMap((model) =>
    [...model.prices, SEARCH_PRICE, FULL_CONTENT_PRICE].flatMap(
      ({ tokenClass, tierFrom = 0, unitPrice, source = model.source }) => {
        const pico = parseUnitPrice(unitPrice, unitOf(tokenClass));
        const common = { model: model.id, class: tokenClass, tier: tierFrom };
        const list: PriceRow = {
          ...common,
          id: uuidv7(),
          kind: 'list',
          provider: null,
          pico: String(pico),
          source,
        };
        const cost: PriceRow = {
          ...common,
          id: uuidv7(),
          kind: 'cost',
          provider: simulatorOf(model.id),
          pico: String((pico * COST_PERCENT) / 100n),
          source: 'illustrative: 80 % of list',
        };
        return [list, cost];
      },
    ),
  );
}

/** The models as `seedCatalogue` writes them. */
export const modelRows = (models: readonly SeedModel[] = CATALOGUE) =>
  models.map((model) => ({
    id: model.id,
    name: model.name,
    context_window: model.contextWindow,
    max_output_tokens: model.maxOutputTokens,
    capabilities: [...model.capabilities],
    aliases: [...model.aliases],
    source: `seed; prices: ${model.source}`,
    deployment: uuidv7(),
    provider: simulatorOf(model.id),
    upstream_model: model.upstreamModel,
  }));
