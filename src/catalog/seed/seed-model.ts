import type { TokenClass } from '../../core/token-usage.js';

/** A list price of the seed, in USD. */
export interface SeedPrice {
  tokenClass: TokenClass;
  /** Holds for calls with at least this many input tokens; absent: for all. */
  tierFrom?: number;
  /** Decimal text per 1M tokens, per call for `search`, per result for `search_full_content`. */
  unitPrice: string;
  /** Where this figure comes from; absent: where the model's others do. */
  source?: string;
}

/** A model of the seed: what a fresh installation sells. */
export interface SeedModel {
  id: string;
  name: string;
  aliases: readonly string[];
  /** The model's name at its own vendor. */
  upstreamModel: string;
  contextWindow: number;
  maxOutputTokens: number;
  capabilities: readonly string[];
  /**
   * Where the prices come from, and when they were read or quoted; begins with "illustrative" when the vendor's own
   * figure was not found.
   */
  source: string;
  prices: readonly SeedPrice[];
}
