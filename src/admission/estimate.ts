import type { CatalogModel } from '../catalog/model.js';
import type { PriceSheet } from '../catalog/price.js';
import { PICO_PER_NANO } from '../core/money.js';
import type { TokenClass } from '../core/token-usage.js';
import type { CompletionRequest, ContentPart } from '../protocols/completion.js';
import { IMAGE_TOKENS, opaqueTokens } from './opaque-input.js';
import { readsOutside, vendorSearches } from './vendor-tools.js';

/** The most a call can use and cost. */
export interface Estimate {
  /** Upper bound of input tokens. */
  inputTokens: number;
  /** Upper bound of output tokens of one answer. */
  outputTokens: number;
  /** How many answers are paid for: those asked for, or one for each upstream call where there are more of these. */
  answers: number;
  /** Upper bound of searches run by the vendor's own tools. */
  searches: number;
  /** Upper bound of the price. */
  amountNano: bigint;
}

/** How far one client call may go, for its hold. */
export interface CallExtent {
  /** How many upstream calls the answer may take at most; each reads the whole input anew. */
  upstreamCalls: number;
  /** Input tokens, over all these calls, that the gateway adds to what the caller sent (results of searches it runs). */
  addedInputTokens: number;
  /** Searches that the gateway itself may run for the call. */
  ownSearches: number;
  /** Full-content results of these searches that may have to be paid for; absent: none. */
  ownFullContent?: number | undefined;
  /** The output limit is that of all upstream calls together; absent: of each. */
  sharesOutput?: boolean | undefined;
}

/** A call that is one upstream call and nothing else. */
export const SINGLE_CALL: CallExtent = { upstreamCalls: 1, addedInputTokens: 0, ownSearches: 0 };

export interface EstimateQuestion extends CallExtent {
  request: CompletionRequest;
  model: CatalogModel;
  prices: PriceSheet;
  /** Bytes of the request body. */
  bodyBytes: number;
  /** Output limit in force: the caller's, else the model's default, else its maximum. */
  maxOutputTokens: number;
}

/** Hidden instructions that vendors add when tools are declared (Anthropic documents up to 530). */
const TOOL_OVERHEAD_TOKENS = 600;
/** Every class that text may be billed in, and that pictures and sound may be. */
const TEXT_CLASSES: readonly TokenClass[] = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h'];
const MEDIA_CLASSES: readonly TokenClass[] = [...TEXT_CLASSES, 'audio_input', 'image_input'];
/** Each input class is rounded by itself, by half a nano at most. */
const INPUT_ROUNDING_NANO = BigInt(MEDIA_CLASSES.length / 2);

/**
 * The worst case of a call, from its bytes: byte-level tokenisers never make more tokens than there are bytes, a
 * model never reads more than its context window, which is taken whole where the vendor adds input that nobody else can
 * measure, and prices are taken from the dearest tier and cache class.
 */
export function estimateCall(question: EstimateQuestion): Estimate {
  const { request, model } = question;
  const { upstreamCalls } = question;
  const window = model.contextWindow * (request.readsEachAlone ? request.messages.length : 1);
  const { tokens, hasMedia } = boundInput(question);
  const perCall = Math.min(tokens, window);
  const inputTokens = Math.min(perCall * upstreamCalls + question.addedInputTokens, window * upstreamCalls);
  const outputTokens = question.maxOutputTokens;
  const answers = Math.max(request.choiceCount ?? 1, question.sharesOutput ? 1 : upstreamCalls);
  const searches = vendorSearches(request) * upstreamCalls + question.ownSearches;
  const inputPrice = dearest(question.prices, hasMedia ? MEDIA_CLASSES : TEXT_CLASSES);
  const amountNano =
    roundUp(BigInt(inputTokens) * inputPrice) +
    (inputPrice > 0n ? INPUT_ROUNDING_NANO * BigInt(upstreamCalls) : 0n) +
    roundUp(BigInt(outputTokens) * BigInt(answers) * outputPrice(question.prices)) +
    // Each upstream call may be priced in a tier of its own, and each tier's output is rounded by itself; so is its sound.
    BigInt(upstreamCalls - 1) +
    (dearest(question.prices, ['audio_output']) > 0n ? BigInt(upstreamCalls) : 0n) +
    roundUp(BigInt(searches) * dearest(question.prices, ['search'])) +
    roundUp(BigInt(question.ownFullContent ?? 0) * dearest(question.prices, ['search_full_content']));
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

function boundInput({ request, model, bodyBytes }: EstimateQuestion): { tokens: number; hasMedia: boolean } {
  if (readsOutside(request)) return { tokens: model.contextWindow, hasMedia: true };
  let hasMedia = false;
  let tokens = bodyBytes + (request.tools?.length ? TOOL_OVERHEAD_TOKENS : 0);
  const visit = (part: ContentPart): void => {
    hasMedia ||= MEDIA.has(part.type);
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
      case 'opaque':
        tokens += opaqueTokens(part.raw, model.contextWindow);
        break;
      default:
        break;
    }
  };
  for (const message of request.messages) message.content.forEach(visit);
  return { tokens: Math.max(tokens, 1), hasMedia };
}

/** Parts that may be pictures or sound, or hold some. */
const MEDIA: ReadonlySet<ContentPart['type']> = new Set(['image', 'audio', 'document', 'opaque']);

const outputPrice = (prices: PriceSheet): bigint => dearest(prices, ['output', 'audio_output']);

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
