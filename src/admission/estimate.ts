import type { CatalogModel } from '../catalog/model.js';
import type { PriceSheet } from '../catalog/price.js';
import { PICO_PER_NANO } from '../core/money.js';
import { tokenCount, type TokenClass } from '../core/token-usage.js';
import type { CompletionRequest, ContentPart } from '../protocols/completion.js';

/** The most a call can use and cost. */
export interface Estimate {
  /** Upper bound of input tokens. */
  inputTokens: number;
  /** Upper bound of output tokens of one answer. */
  outputTokens: number;
  /** How many answers are asked for. */
  answers: number;
  /** Upper bound of searches run by the vendor's own tools. */
  searches: number;
  /** Upper bound of the price. */
  amountNano: bigint;
}

export interface EstimateQuestion {
  request: CompletionRequest;
  model: CatalogModel;
  prices: PriceSheet;
  /** Bytes of the request body. */
  bodyBytes: number;
  /** Output limit in force: the caller's, else the model's default, else its maximum. */
  maxOutputTokens: number;
}

/**
 * Tokens an image can count for at most. Vendors publish 85 to about 4,800 for the largest size they do not
 * scale down; this leaves room.
 */
const IMAGE_TOKENS = 6_000;
/** Hidden instructions that vendors add when tools are declared (Anthropic documents up to 530). */
const TOOL_OVERHEAD_TOKENS = 600;
/** Searches of a tool that names no limit of its own. */
const UNLIMITED_SEARCHES = 10;
/** Every class that input may be billed in. */
const INPUT_CLASSES: readonly TokenClass[] = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h'];
/** Each input class is rounded by itself, by half a nano at most. */
const INPUT_ROUNDING_NANO = BigInt(INPUT_CLASSES.length / 2);

/**
 * The worst case of a call, from its bytes: byte-level tokenisers never make more tokens than there are bytes, a
 * model never reads more than its context window, and prices are taken from the dearest tier and cache class.
 */
export function estimateCall(question: EstimateQuestion): Estimate {
  const { request, model } = question;
  const inputTokens = Math.min(boundInput(question), model.contextWindow);
  const outputTokens = question.maxOutputTokens;
  const answers = request.choiceCount ?? 1;
  const searches = boundSearches(request);
  const inputPrice = dearest(question.prices, INPUT_CLASSES);
  const amountNano =
    roundUp(BigInt(inputTokens) * inputPrice) +
    (inputPrice > 0n ? INPUT_ROUNDING_NANO : 0n) +
    roundUp(BigInt(outputTokens) * BigInt(answers) * outputPrice(question.prices)) +
    roundUp(BigInt(searches) * dearest(question.prices, ['search']));
  return { inputTokens, outputTokens, answers, searches, amountNano };
}

/**
 * The output limit that an amount still pays for after the input, per answer; 0 when not even the input fits.
 */
export function affordableOutput(question: EstimateQuestion, availableNano: bigint): number {
  const estimate = estimateCall({ ...question, maxOutputTokens: 0 });
  const price = outputPrice(question.prices) * BigInt(estimate.answers);
  const left = availableNano - estimate.amountNano;
  if (left <= 0n || price === 0n) return 0;
  const tokens = (left * PICO_PER_NANO) / price;
  return tokens > BigInt(question.maxOutputTokens) ? question.maxOutputTokens : Number(tokens);
}

function boundInput({ request, model, bodyBytes }: EstimateQuestion): number {
  let tokens = bodyBytes + (request.tools?.length ? TOOL_OVERHEAD_TOKENS : 0);
  const visit = (part: ContentPart): void => {
    switch (part.type) {
      case 'image':
        tokens += IMAGE_TOKENS - (part.source.kind === 'base64' ? part.source.data.length : 0);
        break;
      case 'document':
        // Nobody but the vendor knows how many pages a file has.
        if (part.source.kind === 'parts') part.source.parts.forEach(visit);
        else if (part.source.kind !== 'text') tokens += model.contextWindow;
        break;
      case 'tool-result':
        part.content.forEach(visit);
        break;
      default:
        break;
    }
  };
  for (const message of request.messages) message.content.forEach(visit);
  return Math.max(tokens, 1);
}

function boundSearches({ tools = [] }: CompletionRequest): number {
  let searches = 0;
  for (const tool of tools) {
    if (tool.kind !== 'server' || !/search/.test(String(tool.raw['type']))) continue;
    searches += tokenCount(tool.raw['max_uses']) ?? UNLIMITED_SEARCHES;
  }
  return searches;
}

const outputPrice = (prices: PriceSheet): bigint => dearest(prices, ['output']);

/** Pico → nano, upwards. */
const roundUp = (pico: bigint): bigint => (pico + PICO_PER_NANO - 1n) / PICO_PER_NANO;

function dearest(prices: PriceSheet, classes: readonly TokenClass[]): bigint {
  let price = 0n;
  for (const tokenClass of classes) {
    const candidate = prices.dearest(tokenClass)?.unitPricePico ?? 0n;
    if (candidate > price) price = candidate;
  }
  return price;
}
