import type { TokenClass } from '../../../core/token-usage.js';

/** What a period used at the price of a package. */
export interface PackageUsage {
  modelId: string;
  tokenClass: TokenClass;
  /** UUID of the price; another price begins packages of its own. */
  priceVersionId: string;
  /** Tokens or calls in a package, > 1. */
  size: bigint;
  /** What a package costs. */
  priceNano: bigint;
  /** Tokens or calls, without corrections of other periods; 0 or less: all of it was taken back. */
  quantity: bigint;
  /** What they came to at the unit price, what the house bore of it included. */
  ratedNano: bigint;
}

/** How many packages were begun. */
export const startedPackages = ({ size, quantity }: Pick<PackageUsage, 'size' | 'quantity'>): bigint =>
  quantity > 0n ? (quantity + size - 1n) / size : 0n;

/**
 * The rest of the packages that were begun: at least 0 and less than a package. Calls are rounded to nano one by one,
 * so that full packages may have come to a few nano more than they cost; those are not given back.
 */
export function packageRestNano(usage: PackageUsage): bigint {
  const rest = startedPackages(usage) * usage.priceNano - usage.ratedNano;
  if (rest <= 0n || usage.quantity <= 0n) return 0n;
  return rest;
}
