import { CLAUDE_MODELS } from './claude-models.js';
import { GOOGLE_MODELS } from './google-models.js';
import { OPENAI_MODELS } from './openai-models.js';
import { OPEN_WEIGHT_MODELS } from './open-weight-models.js';
import type { SeedModel, SeedPrice } from './seed-model.js';

/**
 * What one web search costs, on top of the tokens it brings: $1 per 1,000 calls (docs.octen.ai; statement
 * 57). The gateway searches by itself, so the price is the same for every model.
 */
export const SEARCH_PRICE: SeedPrice = {
  tokenClass: 'search',
  unitPrice: '0.001',
  source: 'https://docs.octen.ai pricing, read 2026-11',
};

/**
 * A full-content result beyond the first ten of a search: $0.5 per 1,000 results (docs.octen.ai; statement 57).
 */
export const FULL_CONTENT_PRICE: SeedPrice = {
  tokenClass: 'search_full_content',
  unitPrice: '0.0005',
  source: 'https://docs.octen.ai pricing, read 2026-11',
};

/** The fifteen models that a fresh installation sells. */
export const CATALOGUE: readonly SeedModel[] = [
  ...CLAUDE_MODELS,
  ...OPENAI_MODELS,
  ...GOOGLE_MODELS,
  ...OPEN_WEIGHT_MODELS,
];
