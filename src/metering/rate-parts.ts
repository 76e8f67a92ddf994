import type { PriceSheet } from '../catalog/price.js';
import { roundPicoToNano } from '../core/money.js';
import type { TokenUsage } from '../core/token-usage.js';
import { rateUsage, type RatedLine } from './rate-usage.js';

/** What one upstream call used, with the prices that hold for it. */
export interface RatedPart {
  usage: TokenUsage;
  listPrices: PriceSheet;
  costPrices: PriceSheet;
}

/** A priced token class of a call, with what the providers take for it. */
export interface BilledLine extends RatedLine {
  /** The provider's price; absent when it has none, or when several were at work under this one list price. */
  costPriceVersionId: string | undefined;
  /** What the providers take for the line. */
  costNano: bigint;
}

export interface RatedCall {
  lines: BilledLine[];
  /** Exact price. */
  ratedPico: bigint;
  /** Sum of the lines' rounded amounts: what the call costs the customer. */
  amountNano: bigint;
  /** Sum of the lines' costs: what the call costs us. */
  costNano: bigint;
}

/**
 * A call made of several upstream calls, each rated by itself because its vendor chose the price tier by its own
 * input. Lines of the same class and price become one, which is rounded once.
 */
export function rateParts(parts: readonly RatedPart[]): RatedCall {
  const call: RatedCall = { lines: [], ratedPico: 0n, amountNano: 0n, costNano: 0n };
  for (const part of parts) {
    const cost = rateUsage(part.usage, part.costPrices);
    for (const line of rateUsage(part.usage, part.listPrices).lines) {
      const match = cost.lines.find(({ tokenClass }) => tokenClass === line.tokenClass);
      putLine(call.lines, {
        tokenClass: line.tokenClass,
        quantity: line.quantity,
        priceVersionId: line.priceVersionId,
        unitPricePico: line.unitPricePico,
        ratedPico: line.ratedPico,
        amountNano: line.amountNano,
        costPriceVersionId: match?.priceVersionId,
        costNano: match?.amountNano ?? 0n,
      });
    }
  }
  for (const line of call.lines) {
    call.ratedPico += line.ratedPico;
    call.amountNano += line.amountNano;
    call.costNano += line.costNano;
  }
  return call;
}

function putLine(lines: BilledLine[], line: BilledLine): void {
  const same = lines.find(
    ({ tokenClass, priceVersionId }) =>
      tokenClass === line.tokenClass && priceVersionId === line.priceVersionId,
  );
  if (same) addLine(same, line);
  else lines.push(line);
}

function addLine(line: BilledLine, more: BilledLine): void {
  line.quantity += more.quantity;
  line.ratedPico += more.ratedPico;
  line.amountNano = roundPicoToNano(line.ratedPico);
  line.costNano += more.costNano;
  if (line.costPriceVersionId !== more.costPriceVersionId) line.costPriceVersionId = undefined;
}
