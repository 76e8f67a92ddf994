import { multipliedPico } from '../core/money.js';
import type { ServiceTier, TokenClass } from '../core/token-usage.js';

/** One price of one token class during one span of time. Never edited: a successor ends it. */
export interface PriceVersion {
  /** UUID. */
  id: string;
  tokenClass: TokenClass;
  /** Holds for calls with at least this many input tokens. */
  tierFrom: number;
  /** Holds for calls that the vendor served in this tier; absent: standard, and every tier without a price of its own. */
  serviceTier?: ServiceTier | undefined;
  /** 1e-12 of a major unit per token, or per call for `search`. */
  unitPricePico: bigint;
  /** ISO 4217. */
  currency: string;
  /** First instant, milliseconds of the database's clock since the epoch. */
  validFromMs: number;
  /** First instant no longer covered; absent: open. */
  validToMs?: number | undefined;
}

/** What a price is for. `list` is what customers pay, `cost` what the provider takes from us. */
export const PRICE_KINDS = ['list', 'cost'] as const;
export type PriceKind = (typeof PRICE_KINDS)[number];

/** A price with whom it is for; an absent narrowing means "any". */
export interface PriceEntry {
  kind: PriceKind;
  modelId: string;
  providerId?: string | undefined;
  /** A contract price of one organization. */
  organizationId?: string | undefined;
  /** Parts per million of the list price that this one is for groups with that multiplier; absent: the price itself. */
  multiplierPpm?: number | undefined;
  version: PriceVersion;
}

/** The prices of one call: for each token class, its tiers. */
export class PriceSheet {
  /** Tiers of a class, highest first. */
  private readonly tiers = new Map<TokenClass, PriceVersion[]>();

  constructor(prices: readonly PriceVersion[]) {
    for (const price of prices) {
      const tiers = this.tiers.get(price.tokenClass);
      if (tiers) tiers.push(price);
      else this.tiers.set(price.tokenClass, [price]);
    }
    for (const tiers of this.tiers.values()) tiers.sort((a, b) => b.tierFrom - a.tierFrom);
  }

  /**
   * The price of a class for a call with this many input tokens of all classes, served in this tier: the tier's own, else the
   * standard one. Undefined: not priced.
   */
  priceOf(
    tokenClass: TokenClass,
    inputTokens: number,
    serviceTier: ServiceTier = 'standard',
  ): PriceVersion | undefined {
    const priced = (tier: ServiceTier): PriceVersion | undefined =>
      this.tiers.get(tokenClass)?.find((price) => price.tierFrom <= inputTokens && tierOf(price) === tier);
    return priced(serviceTier) ?? priced('standard');
  }

  /** The highest standard price of a class over all sizes of input, for comparisons; undefined: not priced. */
  dearestStandard(tokenClass: TokenClass): PriceVersion | undefined {
    return dearestOf(this.tiers.get(tokenClass)?.filter(isStandard) ?? []);
  }

  /** The highest price of a class over all its tiers, for worst-case holds; undefined: not priced. */
  dearest(tokenClass: TokenClass): PriceVersion | undefined {
    return dearestOf(this.tiers.get(tokenClass) ?? []);
  }

  /** The same with every price times a multiplier in parts per million; its versions keep their ids. */
  times(ppm: bigint): PriceSheet {
    const all = [...this.tiers.values()].flat();
    return new PriceSheet(
      all.map((price) => ({ ...price, unitPricePico: multipliedPico(price.unitPricePico, ppm) })),
    );
  }

  /** Whether a class has any price. */
  has(tokenClass: TokenClass): boolean {
    return this.tiers.has(tokenClass);
  }
}

const dearestOf = (prices: readonly PriceVersion[]): PriceVersion | undefined =>
  prices.reduce<PriceVersion | undefined>(
    (worst, price) => (worst && worst.unitPricePico >= price.unitPricePico ? worst : price),
    undefined,
  );

const tierOf = ({ serviceTier = 'standard' }: PriceVersion): ServiceTier => serviceTier;
const isStandard = (price: PriceVersion): boolean => tierOf(price) === 'standard';

/** Whose prices are wanted, and when. */
export interface PriceScope {
  providerId: string;
  /** Absent: nobody's contract prices. */
  organizationId?: string | undefined;
  /** Milliseconds of the database's clock. */
  atMs: number;
}

/** A sheet and the span of time in which it is the right one: from `fromMs` until before `untilMs`. */
export interface TimedSheet {
  sheet: PriceSheet;
  fromMs: number;
  untilMs: number;
}

/**
 * Picks each class's prices out of all those of one kind, model and currency. The most specific group wins as a
 * whole, with all its tiers: organization and provider, then organization, then provider, then the model's own.
 * A group counts once its lowest standard tier (from 0) holds, so that no call falls between tiers and goes unpriced.
 */
export function selectPrices(entries: readonly PriceEntry[], scope: PriceScope): TimedSheet {
  const applicable = entries.filter((entry) => applies(entry, scope));
  const current = applicable.filter(({ version }) => holdsAt(version, scope.atMs));
  const winners = new Map<TokenClass, number>();
  for (const entry of current) {
    const { tokenClass, tierFrom } = entry.version;
    if (tierFrom !== 0 || !isStandard(entry.version)) continue;
    winners.set(tokenClass, Math.max(winners.get(tokenClass) ?? 0, specificity(entry)));
  }
  const chosen = current.filter((entry) => specificity(entry) === winners.get(entry.version.tokenClass));
  let fromMs = -Infinity;
  let untilMs = Infinity;
  for (const { version } of applicable) {
    for (const boundary of [version.validFromMs, version.validToMs ?? Infinity]) {
      if (boundary <= scope.atMs) fromMs = Math.max(fromMs, boundary);
      else untilMs = Math.min(untilMs, boundary);
    }
  }
  return { sheet: new PriceSheet(chosen.map((entry) => entry.version)), fromMs, untilMs };
}

/** Whether a price covers an instant. */
export function holdsAt(version: PriceVersion, atMs: number): boolean {
  return version.validFromMs <= atMs && (version.validToMs === undefined || atMs < version.validToMs);
}

function applies(entry: PriceEntry, scope: PriceScope): boolean {
  return (
    (entry.providerId === undefined || entry.providerId === scope.providerId) &&
    (entry.organizationId === undefined || entry.organizationId === scope.organizationId)
  );
}

/** Larger is more specific. */
const specificity = (entry: PriceEntry): number =>
  (entry.organizationId === undefined ? 0 : 2) + (entry.providerId === undefined ? 0 : 1);
