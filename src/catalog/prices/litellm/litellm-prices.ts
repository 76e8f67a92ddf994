import { isObject } from '../../../core/json.js';
import type { TokenClass } from '../../../core/token-usage.js';
import { isExactNumber, parseExactJson, scaleExactly } from '../../../core/exact-numbers.js';
import { highestPico } from '../unit-price.js';

/** A price of LiteLLM's file, in our units. */
export interface LitellmPrice {
  tokenClass: TokenClass;
  /** Holds from so many input tokens on. LiteLLM's tiers begin above their number. */
  tierFrom: number;
  /** 1e-12 of a US dollar per token. */
  unitPricePico: bigint;
}

/** A field that was not taken over, and why. */
export interface LeftField {
  field: string;
  value: string;
  reason: string;
}

/** One entry of the file: what a vendor asks for a model. */
export interface LitellmEntry {
  /** The key, such as "gemini/gemini-2.5-pro". */
  name: string;
  /** `litellm_provider`; empty when the entry has none. */
  vendor: string;
  prices: LitellmPrice[];
  /** Prices that are not valid here. An entry with one is refused as a whole: part of a price list is a wrong one. */
  refused: LeftField[];
  /** Prices of what this gateway does not sell by that measure: batches, service tiers, pictures by the piece. */
  notSold: LeftField[];
}

/** The file is not in the form of model_prices_and_context_window.json. */
export class LitellmFormatError extends Error {
  override readonly name = 'LitellmFormatError';
}

/** Per token, by the field's name without a tier (BerriAI/litellm, model_prices_and_context_window.json, `sample_spec`). */
const CLASSES: Readonly<Record<string, TokenClass>> = {
  input_cost_per_token: 'input',
  output_cost_per_token: 'output',
  cache_read_input_token_cost: 'cache_read',
  cache_creation_input_token_cost: 'cache_write_5m',
  cache_creation_input_token_cost_above_1hr: 'cache_write_1h',
  input_cost_per_audio_token: 'audio_input',
  output_cost_per_audio_token: 'audio_output',
  input_cost_per_image_token: 'image_input',
};
const TIER = /_above_(\d{1,7})(k?)_tokens$/;
const PICO_PLACES = 12;
/** The entry that explains the others. */
const SAMPLE = 'sample_spec';

/** Reads the whole file. Throws LitellmFormatError. */
export function readLitellmPrices(text: string): LitellmEntry[] {
  let file: unknown;
  try {
    file = parseExactJson(text);
  } catch (error) {
    throw new LitellmFormatError(`is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(file) || isExactNumber(file)) throw new LitellmFormatError('must be a JSON object of models');
  return Object.entries(file)
    .filter(([name]) => name !== SAMPLE)
    .map(([name, fields]) => readEntry(name, fields));
}

function readEntry(name: string, fields: unknown): LitellmEntry {
  const entry: LitellmEntry = { name, vendor: '', prices: [], refused: [], notSold: [] };
  if (!isObject(fields) || isExactNumber(fields)) {
    entry.refused.push({ field: '', value: shown(fields), reason: 'is no object' });
    return entry;
  }
  if (typeof fields['litellm_provider'] === 'string') entry.vendor = fields['litellm_provider'];
  for (const [field, value] of Object.entries(fields)) {
    if (isPrice(field) && value !== null) readField(entry, field, value);
  }
  for (const { tokenClass } of entry.prices) {
    const isWhole = entry.prices.some((price) => price.tokenClass === tokenClass && price.tierFrom === 0);
    if (!isWhole) {
      entry.refused.push({ field: tokenClass, value: '', reason: 'has a tier but no price below it' });
    }
  }
  return entry;
}

const isPrice = (field: string): boolean =>
  /(^|_)costs?(_|$)/.test(field) || field === 'tiered_pricing' || field.endsWith('_price');

function readField(entry: LitellmEntry, field: string, value: unknown): void {
  const tier = TIER.exec(field);
  const tokenClass = CLASSES[field.replace(TIER, '')];
  const left = (reason: string): LeftField => ({ field, value: shown(value), reason });
  if (tokenClass === undefined) {
    entry.notSold.push(left('no token class of this gateway has this measure'));
    return;
  }
  const digits = isExactNumber(value) ? value.exact : value;
  if (typeof digits !== 'string') return void entry.refused.push(left('is no number'));
  const unitPricePico = scaleExactly(digits, PICO_PLACES);
  if (unitPricePico === undefined)
    return void entry.refused.push(left('is no whole number of 1e-12 dollars'));
  if (unitPricePico < 0n) return void entry.refused.push(left('is below zero'));
  if (unitPricePico > highestPico(tokenClass)) return void entry.refused.push(left('is too large'));
  const tierFrom = tier ? Number(tier[1]) * (tier[2] === 'k' ? 1_000 : 1) + 1 : 0;
  const same = entry.prices.find((price) => price.tokenClass === tokenClass && price.tierFrom === tierFrom);
  if (same?.unitPricePico === unitPricePico) return;
  if (same) return void entry.refused.push(left('is another price of the same tier'));
  entry.prices.push({ tokenClass, tierFrom, unitPricePico });
}

const shown = (value: unknown): string =>
  isExactNumber(value) ? value.exact : (JSON.stringify(value) ?? '');
