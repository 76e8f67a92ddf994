import { invalidRequest } from '../core/errors.js';
import { isObject, type JsonObject } from '../core/json.js';
import { dropNulls, readFlag, readPositive, readTexts, type Preference } from './routing-fields-reader.js';

/** OpenRouter's `provider` object (openrouter.ai/docs/features/provider-routing), read. */
export interface ProviderObject {
  order?: readonly string[] | undefined;
  only?: readonly string[] | undefined;
  ignore?: readonly string[] | undefined;
  allowFallbacks: boolean;
  requireParameters: boolean;
  /** `data_collection: deny` or `zdr`. */
  keepsNothing: boolean;
  quantizations?: readonly string[] | undefined;
  sort?: Preference | undefined;
  maxPrice?: { input?: bigint | undefined; output?: bigint | undefined } | undefined;
  minThroughput?: number | undefined;
  maxLatencyMs?: number | undefined;
}

/** `sort` in this gateway's words: both of speed's measures are one here, the time until an answer is there. */
const SORTS: Record<string, Preference> = { price: 'cost', throughput: 'speed', latency: 'speed' };
const QUANTIZATIONS = ['int4', 'int8', 'fp4', 'fp6', 'fp8', 'fp16', 'bf16', 'fp32', 'unknown'];

/** Reads the object; an absent one demands nothing. Throws 400 naming the member; members nobody knows are ignored. */
export function readProviderObject(value: unknown): ProviderObject {
  if (value === undefined || value === null)
    return { allowFallbacks: true, requireParameters: false, keepsNothing: false };
  if (!isObject(value)) throw invalidRequest('provider must be an object', 'provider');
  const fields = dropNulls(value);
  const texts = (name: string): readonly string[] | undefined => readTexts(fields[name], `provider.${name}`);
  const flag = (name: string, fallback: boolean): boolean =>
    readFlag(fields, name, fallback, `provider.${name}`);
  const quantizations = texts('quantizations');
  const unknown = quantizations?.find((name) => !QUANTIZATIONS.includes(name));
  if (unknown !== undefined)
    throw invalidRequest(`Unknown quantization "${unknown}"`, 'provider.quantizations');
  return {
    order: texts('order'),
    only: texts('only'),
    ignore: texts('ignore'),
    allowFallbacks: flag('allow_fallbacks', true),
    requireParameters: flag('require_parameters', false),
    keepsNothing: flag('zdr', false) || readCollection(fields['data_collection']),
    quantizations,
    sort: readSort(fields['sort']),
    maxPrice: readMaxPrice(fields['max_price']),
    minThroughput: readPositive(fields['preferred_min_throughput'], 'provider.preferred_min_throughput'),
    maxLatencyMs: seconds(readPositive(fields['preferred_max_latency'], 'provider.preferred_max_latency')),
  };
}

const seconds = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : value * 1_000;

/** True for `deny`. */
function readCollection(value: unknown): boolean {
  if (value === undefined || value === 'allow') return false;
  if (value === 'deny') return true;
  throw invalidRequest('provider.data_collection must be allow or deny', 'provider.data_collection');
}

function readSort(value: unknown): Preference | undefined {
  if (value === undefined) return undefined;
  const name = isObject(value) ? value['by'] : value;
  const sort = typeof name === 'string' && Object.hasOwn(SORTS, name) ? SORTS[name] : undefined;
  if (sort === undefined)
    throw invalidRequest('provider.sort must be one of price, throughput, latency', 'provider.sort');
  return sort;
}

/** Dollars a million tokens, as a number or as its text, are micro-dollars a million in 1e-12 a token. */
function readMaxPrice(value: unknown): ProviderObject['maxPrice'] {
  if (value === undefined) return undefined;
  if (!isObject(value)) throw invalidRequest('provider.max_price must be an object', 'provider.max_price');
  return { input: readPrice(value, 'prompt'), output: readPrice(value, 'completion') };
}

function readPrice(prices: JsonObject, name: string): bigint | undefined {
  const given = prices[name];
  if (given === undefined || given === null) return undefined;
  const dollars = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  if (typeof dollars !== 'number' || !(dollars >= 0) || dollars > 1e6)
    throw invalidRequest(
      `provider.max_price.${name} must be dollars a million tokens`,
      `provider.max_price.${name}`,
    );
  return BigInt(Math.round(dollars * 1_000_000));
}
