/**
 * What one call used, in classes that never overlap, whatever convention the vendor reports in.
 * In every field `undefined` means "not reported" and 0 means "none".
 */
export interface TokenUsage {
  input: {
    /** Input tokens neither read from nor written to a prompt cache. */
    noCache?: number | undefined;
    /** Input tokens read from a prompt cache. */
    cacheRead?: number | undefined;
    /** Input tokens written to a five-minute prompt cache (and writes of unknown lifetime). */
    cacheWrite5m?: number | undefined;
    /** Input tokens written to a one-hour prompt cache. */
    cacheWrite1h?: number | undefined;
    /** The part of `noCache` that is sound. */
    audio?: number | undefined;
    /** The part of `noCache` that is images. */
    image?: number | undefined;
  };
  output: {
    /** All output tokens, reasoning included. */
    total?: number | undefined;
    /** The part of `total` spent on reasoning; information only, never priced a second time. */
    reasoning?: number | undefined;
    /** The part of `total` that is sound. */
    audio?: number | undefined;
  };
  /** Web searches run by a server tool. */
  searches?: number | undefined;
  /** Full-content results beyond those that are free; absent when full content was not asked for. */
  fullContentExtra?: number | undefined;
  /** The tier the vendor says it served in; absent: not said, taken as standard. */
  serviceTier?: ServiceTier | undefined;
  /** What the vendor says it takes for the call: nano dollars, digits. Absent: not said. Never what anybody is charged. */
  vendorCostNano?: string | undefined;
}

/** Tiers in which vendors serve, each with prices of its own. */
export const SERVICE_TIERS = ['standard', 'flex', 'priority', 'batch'] as const;
/** The tier that a call was served in, as its vendor says, or that a price is for. */
export type ServiceTier = (typeof SERVICE_TIERS)[number];

/**
 * The classes that carry a price. `output` includes reasoning; `input` and `output` include sound and images where these
 * have no price of their own.
 */
export const TOKEN_CLASSES = [
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output',
  'audio_input',
  'audio_output',
  'image_input',
  'search',
  'search_full_content',
] as const;

/**
 * What a quantity, a price or a line of a charge is of; counted in tokens, the searches and their results by the piece.
 */
export type TokenClass = (typeof TOKEN_CLASSES)[number];

/** Classes of parts, with the class that they are billed in where they have no price of their own. */
export const WHOLE_OF: Readonly<Partial<Record<TokenClass, TokenClass>>> = {
  audio_input: 'input',
  image_input: 'input',
  audio_output: 'output',
};

/** A usage with nothing reported yet. */
export const emptyUsage = (): TokenUsage => ({ input: {}, output: {} });

/** All input tokens: cached, written and plain. Undefined when no input class was reported. */
export function inputTotal(usage: TokenUsage): number | undefined {
  const { noCache, cacheRead, cacheWrite5m, cacheWrite1h } = usage.input;
  const parts = [noCache, cacheRead, cacheWrite5m, cacheWrite1h];
  if (parts.every((part) => part === undefined)) return undefined;
  return parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
}

/** True when the provider reported enough to bill from: an input and an output count. */
export function isComplete(usage: TokenUsage): boolean {
  return inputTotal(usage) !== undefined && usage.output.total !== undefined;
}

/**
 * The billable quantity of each class; classes with nothing to bill are left out. `isApart` tells which parts (sound, images)
 * are billed in a class of their own; all others, and without it all, are billed with the whole they belong to.
 */
export function billableQuantities(
  usage: TokenUsage,
  isApart: (tokenClass: TokenClass) => boolean = () => false,
): [TokenClass, number][] {
  const { input, output } = usage;
  const quantities: [TokenClass, number][] = [];
  const put = (tokenClass: TokenClass, quantity: number | undefined): void => {
    if (quantity !== undefined && quantity > 0) quantities.push([tokenClass, quantity]);
  };
  /** A whole without those of its parts that are billed apart, and these. */
  const putApart = (wholeClass: TokenClass, whole: number | undefined, parts: readonly Counted[]): void => {
    const counts = partsWithin(whole, ...parts.map(([, count]) => count));
    const billed = counts.map((count, index) => (isApart((parts[index] as Counted)[0]) ? (count ?? 0) : 0));
    put(wholeClass, whole && whole - billed.reduce((sum, count) => sum + count, 0));
    parts.forEach(([tokenClass], index) => put(tokenClass, billed[index]));
  };
  if (input.audio === undefined && input.image === undefined) put('input', input.noCache);
  else
    putApart('input', input.noCache, [
      ['audio_input', input.audio],
      ['image_input', input.image],
    ]);
  put('cache_read', input.cacheRead);
  put('cache_write_5m', input.cacheWrite5m);
  put('cache_write_1h', input.cacheWrite1h);
  if (output.audio === undefined) put('output', output.total);
  else putApart('output', output.total, [['audio_output', output.audio]]);
  put('search', usage.searches);
  put('search_full_content', usage.fullContentExtra);
  return quantities;
}

type Counted = readonly [TokenClass, number | undefined];

/** Counts of parts, each no more than those before it leave of their whole; undefined where one is not reported. */
export function partsWithin(
  whole: number | undefined,
  ...parts: readonly (number | undefined)[]
): (number | undefined)[] {
  let left = whole ?? 0;
  return parts.map((part) => {
    if (part === undefined || whole === undefined) return undefined;
    const count = Math.min(part, left);
    left -= count;
    return count;
  });
}

/** Folds a later report over an earlier one: a class reported later replaces the earlier figure. */
export function mergeUsage(earlier: TokenUsage, later: TokenUsage): TokenUsage {
  const pick = <T extends object>(a: T, b: T): T => {
    const merged = { ...a };
    for (const [key, value] of Object.entries(b))
      if (value !== undefined) Object.assign(merged, { [key]: value });
    return merged;
  };
  return {
    input: pick(earlier.input, later.input),
    output: pick(earlier.output, later.output),
    searches: later.searches ?? earlier.searches,
    fullContentExtra: later.fullContentExtra ?? earlier.fullContentExtra,
    serviceTier: later.serviceTier ?? earlier.serviceTier,
    vendorCostNano: later.vendorCostNano ?? earlier.vendorCostNano,
  };
}

/** The usage of two upstream calls together; a class that neither reported stays unreported. */
export function addUsage(one: TokenUsage, other: TokenUsage): TokenUsage {
  const add = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined ? b : a + (b ?? 0);
  return {
    input: {
      noCache: add(one.input.noCache, other.input.noCache),
      cacheRead: add(one.input.cacheRead, other.input.cacheRead),
      cacheWrite5m: add(one.input.cacheWrite5m, other.input.cacheWrite5m),
      cacheWrite1h: add(one.input.cacheWrite1h, other.input.cacheWrite1h),
      audio: add(one.input.audio, other.input.audio),
      image: add(one.input.image, other.input.image),
    },
    output: {
      total: add(one.output.total, other.output.total),
      reasoning: add(one.output.reasoning, other.output.reasoning),
      audio: add(one.output.audio, other.output.audio),
    },
    searches: add(one.searches, other.searches),
    fullContentExtra: add(one.fullContentExtra, other.fullContentExtra),
    serviceTier: one.serviceTier === other.serviceTier ? one.serviceTier : undefined,
    // What only one of them told is not the price of both.
    vendorCostNano:
      one.vendorCostNano === undefined || other.vendorCostNano === undefined
        ? undefined
        : (BigInt(one.vendorCostNano) + BigInt(other.vendorCostNano)).toString(),
  };
}

/** No call has so many tokens; a larger figure is a fault of its sender, and its price would not fit an amount. */
const MAX_COUNT = 1_000_000_000;

/** A count from a vendor's JSON: a whole number from 0 to a billion, else undefined ("not reported"). */
export function tokenCount(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_COUNT
    ? (value as number)
    : undefined;
}
