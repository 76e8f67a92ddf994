import type { PriceSheet } from '../catalog/price.js';
import { roundPicoToNano } from '../core/money.js';
import { WHOLE_OF, type TokenClass, type TokenUsage } from '../core/token-usage.js';
import { rateUsage, type RatedLine, type RatedUsage } from './rate-usage.js';

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

/** A call with its price: what the customer pays and what the providers take for it. */
export interface RatedCall {
  lines: BilledLine[];
  /** Exact price, pico. */
  ratedPico: bigint;
  /** Sum of the lines' rounded amounts, nano: what the call costs the customer. */
  amountNano: bigint;
  /** Sum of the lines' costs, nano: what the call costs us. */
  costNano: bigint;
}

/**
 * A call made of several upstream calls, each rated by itself because its vendor chose the price tier by its own
 * input. Lines of the same class and price become one, which is rounded once.
 */
export function rateParts(parts: readonly RatedPart[]): RatedCall {
  const call: RatedCall = { lines: [], ratedPico: 0n, amountNano: 0n, costNano: 0n };
  for (const part of parts) for (const line of billedLines(part)) putLine(call.lines, line);
  for (const line of call.lines) {
    call.ratedPico += line.ratedPico;
    call.amountNano += line.amountNano;
    call.costNano += line.costNano;
  }
  return call;
}

/** What the provider takes for a part, in lines that none of the customer's cuts through. */
export const rateCost = ({ usage, listPrices, costPrices }: RatedPart): RatedUsage =>
  rateUsage(usage, costPrices, { beside: listPrices });

/** What costs the provider a line of its own, and the customer none, stands on the line that it is billed with. */
function billedLines(part: RatedPart): BilledLine[] {
  const cost = rateCost(part).lines;
  const { lines } = rateUsage(part.usage, part.listPrices);
  const isBilled = (name: TokenClass): boolean => lines.some(({ tokenClass }) => tokenClass === name);
  return lines.map((line) => {
    const own = cost.filter(
      ({ tokenClass }) =>
        tokenClass === line.tokenClass || (WHOLE_OF[tokenClass] === line.tokenClass && !isBilled(tokenClass)),
    );
    return {
      tokenClass: line.tokenClass,
      quantity: line.quantity,
      priceVersionId: line.priceVersionId,
      unitPricePico: line.unitPricePico,
      ratedPico: line.ratedPico,
      amountNano: line.amountNano,
      costPriceVersionId: own.length === 1 ? own[0]?.priceVersionId : undefined,
      costNano: own.reduce((sum, { amountNano }) => sum + amountNano, 0n),
    };
  });
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
