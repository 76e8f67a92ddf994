import type { CatalogModel, Deployment } from '../../catalog/model.js';
import type { PriceSheet } from '../../catalog/price.js';
import type { CompatibilityProfile } from '../../core/compatibility.js';
import { isWanted, type ModelFilter } from './model-filter.js';
import { cortecsPricing, lowestPrices, standardPricing } from './model-pricing.js';
import { inputModalities, outputModalities, tagsOf } from './model-traits.js';

/** Somebody who serves a model, and what the caller would pay there. */
export interface ModelOffer {
  deployment: Deployment;
  prices: PriceSheet;
}

/** A model with those who serve it. */
export interface OfferedModel {
  model: CatalogModel;
  offers: readonly ModelOffer[];
}

/** How models are to be shown. */
export interface ModelLook {
  profile: CompatibilityProfile;
  /** Currency of the prices, ISO 4217. */
  currency: string;
  /** Whether the caller speaks Anthropic Messages. */
  isAnthropic: boolean;
  /** Whether the details of each provider are wanted. */
  extended: boolean;
}

/** The list of models a key may use: OpenAI's shape, or Anthropic's with its paging fields. */
export function listModels(
  offered: readonly OfferedModel[],
  { filter, look }: { filter: ModelFilter; look: ModelLook },
): object {
  const data = offered
    .filter(({ model }) => isWanted(model, filter))
    .map(({ model, offers }) => ({
      model,
      offers: offers.filter(({ deployment }) => filter.admits(deployment)),
    }))
    .filter(({ offers }) => offers.length > 0)
    .filter(({ offers }) => filter.currency === undefined || offers.some(({ prices }) => prices.has('input')))
    .map((one) => describeModel(one, look));
  if (!look.isAnthropic) return { object: 'list', data };
  const ids = data.map((entry) => (entry as { id: string }).id);
  return { data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}

/** One model. Prices are the lowest of those who serve it: per token as OpenRouter lists them, or as Cortecs does. */
export function describeModel({ model, offers }: OfferedModel, look: ModelLook): object {
  if (look.isAnthropic) {
    return { type: 'model', id: model.id, display_name: model.name, created_at: CREATED_AT };
  }
  const pricingOf = look.profile === 'cortecs' ? cortecsPricing : standardPricing;
  const pricing = (some: readonly ModelOffer[]) =>
    pricingOf(
      lowestPrices(
        some.map(({ prices }) => prices),
        look.currency,
      ),
    );
  return {
    id: model.id,
    object: 'model',
    created: Date.parse(CREATED_AT) / 1000,
    owned_by: model.id.split('/')[0],
    name: model.name,
    description: model.name,
    aliases: model.aliases,
    tags: tagsOf(model),
    context_length: model.contextWindow,
    context_size: model.contextWindow,
    max_output_tokens: model.maxOutputTokens,
    architecture: {
      modality: `${inputModalities(model).join('+')}->${outputModalities(model).join('+')}`,
      input_modalities: inputModalities(model),
      output_modalities: outputModalities(model),
    },
    top_provider: { context_length: model.contextWindow, max_completion_tokens: model.maxOutputTokens },
    supported_parameters: model.capabilities,
    pricing: pricing(offers),
    providers: providersOf(offers),
    ...(look.extended && {
      release_date: null,
      input_modalities: inputModalities(model),
      output_modalities: outputModalities(model),
      supported_features: model.capabilities,
      providers_details: Object.fromEntries(
        providersOf(offers).map((slug) => {
          const own = offers.filter(({ deployment }) => deployment.provider.slug === slug);
          const { provider, quantization } = (own[0] as ModelOffer).deployment;
          return [
            slug,
            {
              pricing: pricing(own),
              quantization: quantization ?? null,
              eu_native: provider.euNative,
              zero_data_retention: provider.zeroDataRetention,
            },
          ];
        }),
      ),
    }),
  };
}

/** Models carry no date of their own here; clients only need one that does not move. */
const CREATED_AT = '2026-01-01T00:00:00Z';

const providersOf = (offers: readonly ModelOffer[]): string[] => [
  ...new Set(offers.map(({ deployment }) => deployment.provider.slug)),
];
