import type { CatalogModel, Deployment } from '../../catalog/model.js';
import type { CompatibilityProfile } from '../../core/compatibility.js';
import { invalidRequest } from '../../core/errors.js';
import { CHAT_TAG, MODEL_TAGS, tagsOf } from './model-traits.js';

/** What a caller wants of the list of models. */
export interface ModelFilter {
  /** Models with at least one of these; empty: whatever they are. */
  tags: readonly string[];
  /** ISO 4217: models priced in it alone; absent: prices in the caller's own currency, models without them too. */
  currency: string | undefined;
  /** Capabilities that a model must have, all of them (OpenRouter's `supported_parameters`). */
  parameters: readonly string[];
  /** Which of a model's deployments count; a model without any is left out. */
  admits: (deployment: Deployment) => boolean;
  /** Whether the details of each provider are wanted. */
  extended: boolean;
}

/** The query of a list of models, as it came. */
export type ModelQuery = Readonly<Record<string, unknown>>;

/** Reads the query (statement 95). Throws 400 naming the parameter; parameters that nobody knows are ignored. */
export function readModelFilter(query: ModelQuery, profile: CompatibilityProfile): ModelFilter {
  const euNative = flagOf(query, 'eu_native');
  const zeroRetention = flagOf(query, 'allow_zero_data_retention');
  const noQuantization = query['allow_quantization'] !== undefined && !flagOf(query, 'allow_quantization');
  return {
    tags: readTags(query) ?? (profile === 'cortecs' ? [CHAT_TAG] : []),
    currency: readCurrency(query),
    parameters: textsOf(query, 'supported_parameters') ?? [],
    admits: ({ provider, quantization }) =>
      (!euNative || provider.euNative) &&
      (!zeroRetention || provider.zeroDataRetention) &&
      (!noQuantization || quantization === undefined),
    extended: flagOf(query, 'extended'),
  };
}

/** Whether a model itself is wanted; its deployments and prices are another question. */
export const isWanted = (model: CatalogModel, { tags, parameters }: ModelFilter): boolean =>
  (tags.length === 0 || tagsOf(model).some((tag) => tags.includes(tag))) &&
  parameters.every((name) => model.capabilities.includes(name));

function readTags(query: ModelQuery): string[] | undefined {
  return textsOf(query, 'tag')?.map((asked) => {
    const known = MODEL_TAGS.find((tag) => tag.toLowerCase() === asked.toLowerCase());
    if (known !== undefined) return known;
    throw invalidRequest(`tag must be one of ${MODEL_TAGS.join(', ')}`, 'tag');
  });
}

function readCurrency(query: ModelQuery): string | undefined {
  const given = query['currency'];
  if (given === undefined) return undefined;
  if (typeof given === 'string' && /^[A-Za-z]{3}$/.test(given)) return given.toUpperCase();
  throw invalidRequest('currency must be a code of three letters, such as EUR', 'currency');
}

function flagOf(query: ModelQuery, name: string): boolean {
  const given = query[name];
  if (given === undefined || given === 'false') return false;
  if (given === 'true') return true;
  throw invalidRequest(`${name} must be true or false`, name);
}

/** A parameter that may come several times, or once with commas; undefined when it did not come. */
function textsOf(query: ModelQuery, name: string): string[] | undefined {
  const given = query[name];
  if (given === undefined) return undefined;
  const texts = [given].flat();
  if (!texts.every((text): text is string => typeof text === 'string'))
    throw invalidRequest(`${name} must be a text`, name);
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
}
