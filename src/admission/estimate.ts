import type { CatalogModel } from '../catalog/model.js';
import type { PriceSheet } from '../catalog/price.js';
import type { TokenClass } from '../core/token-usage.js';
import type { CompletionRequest, ContentPart } from '../protocols/completion.js';

/** The most a call can use and cost. */
export interface Estimate {
  /** Upper bound of input tokens. */
  inputTokens: number;
  /** Upper bound of output tokens of one answer. */
  outputTokens: number;
  /** How many answers are asked for. */
  answers: number;
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

/**
 * The worst case of a call, from its bytes: byte-level tokenisers never make more tokens than there are bytes, a
 * model never reads more than its context window, and prices are taken from the dearest tier and cache class.
 */
export function estimateCall(question: EstimateQuestion): Estimate {
  const { request, model } = question;
  const inputTokens = Math.min(boundInput(question), model.contextWindow);
  const outputTokens = question.maxOutputTokens;
  const answers = request.choiceCount ?? 1;
  const pico =
    BigInt(inputTokens) * inputPrice(question) +
    BigInt(outputTokens) * BigInt(answers) * outputPrice(question.prices);
  return { inputTokens, outputTokens, answers, amountNano: (pico + 999n) / 1000n };
}

/**
 * The output limit that an amount still pays for after the input, per answer; 0 when not even the input fits.
 */
export function affordableOutput(question: EstimateQuestion, availableNano: bigint): number {
  const estimate = estimateCall({ ...question, maxOutputTokens: 0 });
  const price = outputPrice(question.prices) * BigInt(estimate.answers);
  const left = availableNano - estimate.amountNano;
  if (left <= 0n || price === 0n) return 0;
  const tokens = (left * 1000n) / price;
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
        if (part.source.kind !== 'text' && part.source.kind !== 'parts') tokens += model.contextWindow;
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

function inputPrice({ request, prices }: EstimateQuestion): bigint {
  const classes: TokenClass[] = ['input', 'cache_write_5m'];
  if (usesLongCache(request)) classes.push('cache_write_1h');
  return dearest(prices, classes);
}

const outputPrice = (prices: PriceSheet): bigint => dearest(prices, ['output']);

function dearest(prices: PriceSheet, classes: TokenClass[]): bigint {
  let price = 0n;
  for (const tokenClass of classes) {
    const candidate = prices.dearest(tokenClass)?.unitPricePico ?? 0n;
    if (candidate > price) price = candidate;
  }
  return price;
}

function usesLongCache(request: CompletionRequest): boolean {
  const parts = request.messages.flatMap((message) => message.content);
  const isLong = (owner: object): boolean =>
    (owner as { cacheControl?: { ttl?: string } }).cacheControl?.ttl === '1h';
  return parts.some(isLong) || (request.tools ?? []).some(isLong);
}
