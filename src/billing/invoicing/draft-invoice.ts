import { formatMinor, roundToMinor } from '../../core/currency.js';
import type { TokenClass } from '../../core/token-usage.js';
import { committedNano, trueUpNano, type CommittedMonth } from './commitments/commitment.js';
import type { InvoiceKind } from './invoice.js';
import { packageRestNano, startedPackages, type PackageUsage } from './packages/package-usage.js';
import { roundLines, type RoundedLine, type TaxGroup } from './minor-shares.js';
import type { Tax } from './tax/tax-decision.js';

/** The usage of a period at one price, summed over its rollups. */
export interface UsageSum {
  modelId: string;
  tokenClass: TokenClass;
  priceVersionId: string;
  /** 1e-12 of the currency per token or call. */
  unitPricePico: bigint;
  /** Tokens or calls; reversals are taken off, so it may be below zero. */
  quantity: bigint;
  /** What the customer was charged. */
  amountNano: bigint;
}

/** What a period holds, and under which rules it is billed. */
export interface PeriodUsage {
  currency: string;
  billingMode: 'prepaid' | 'postpaid';
  tax: Tax;
  usage: readonly UsageSum[];
  /** What credit paid of the usage; below zero when more was given back than taken. */
  paidNano: bigint;
  /** Of `paidNano`: from credit that was taxed when it was sold. */
  taxedNano: bigint;
  promoNano: bigint;
  /** Reversals of this period that a credit note has settled, ≥ 0. */
  creditedNano: bigint;
  /** What of the usage was at prices of packages. */
  packages: readonly PackageUsage[];
  /** The month under commitment that ends with the period; null: none does. */
  committed: CommittedMonth | null;
}

/**
 * usage; promo and prepaid: what credit paid of it; credited: reversals that a credit note has settled; true_up: what
 * the month lacks to the customer's minimum commitment; package: the rest of packages that usage began; credit: what a receipt is of.
 */
export type LineKind = 'usage' | 'promo' | 'prepaid' | 'credited' | 'true_up' | 'package' | 'credit';

/** Whether a line is charged because the period ends, and by no usage of its own. */
export const isPeriodEndCharge = (kind: LineKind): boolean => kind === 'true_up' || kind === 'package';

/** A line that an invoice will have: before tax, nano, not yet rounded to the currency. */
export interface DraftLine {
  kind: LineKind;
  description: string;
  amountNano: bigint;
  tax: Tax;
  /** Absent on lines that are not usage. */
  usage?: UsageSum | undefined;
}

/** Everything of an invoice but its parties and its number. Amounts in minor units unless they say nano. */
export interface InvoiceDraft {
  kind: InvoiceKind;
  lines: RoundedLine<DraftLine>[];
  groups: TaxGroup[];
  netMinor: bigint;
  taxMinor: bigint;
  totalMinor: bigint;
  prepaidMinor: bigint;
  /** The exact usage it collects: what no credit has paid. */
  usageNano: bigint;
  /** What the end of the period adds to it; ≥ 0. */
  periodEndNano: bigint;
}

const CLASS_NAMES: Readonly<Record<TokenClass, string>> = {
  input: 'input tokens',
  cache_read: 'cached input tokens',
  cache_write_5m: 'cache write tokens (5 minutes)',
  cache_write_1h: 'cache write tokens (1 hour)',
  output: 'output tokens',
  audio_input: 'audio input tokens',
  audio_output: 'audio output tokens',
  image_input: 'image input tokens',
  search: 'searches',
  search_full_content: 'searches with full content',
};

/**
 * The invoice or statement of a period. Usage stands in full, one line for each model, class and price; what credit
 * has paid is taken off. Promo credit is a discount and lowers the tax. Prepaid credit that was taxed when it was sold lowers
 * it too, so that nothing is taxed twice; where tax is due at its use, it is a payment. The rest of begun packages,
 * and what a month then lacks to a commitment, are lines of their own, taxed like the usage.
 */
export function draftInvoice(period: PeriodUsage): InvoiceDraft {
  const { currency, tax, paidNano, taxedNano, promoNano, creditedNano } = period;
  const untaxedNano = paidNano - taxedNano;
  const more: [DraftLine['kind'], string, bigint][] = [
    ['promo', 'Promotional credit', -promoNano],
    ['prepaid', 'Paid from prepaid credit, taxed when it was sold', -taxedNano],
    ['credited', 'Corrections settled by credit note', creditedNano],
  ];
  const packages = packageLines(period);
  const lines: DraftLine[] = [
    ...[...period.usage].sort(compareUsage).map((usage) => usageLine(usage, tax)),
    ...more
      .filter(([, , amountNano]) => amountNano !== 0n)
      .map(([kind, description, amountNano]) => ({ kind, description, amountNano, tax })),
    ...packages,
    ...trueUpLines(period, packages),
  ];
  const rounded = roundLines(lines, currency);
  const netNano = lines.reduce((total, line) => total + line.amountNano, 0n);
  const periodEndNano = lines.reduce(
    (total, line) => (isPeriodEndCharge(line.kind) ? total + line.amountNano : total),
    0n,
  );
  const usageNano = netNano - periodEndNano - untaxedNano;
  const prepaidMinor = roundToMinor(untaxedNano, currency);
  const isStatement =
    period.billingMode === 'prepaid' &&
    usageNano === 0n &&
    periodEndNano === 0n &&
    rounded.totalMinor === prepaidMinor;
  return { ...rounded, kind: isStatement ? 'statement' : 'invoice', prepaidMinor, usageNano, periodEndNano };
}

const usageLine = (usage: UsageSum, tax: Tax): DraftLine => ({
  kind: 'usage',
  description: `${usage.modelId}, ${CLASS_NAMES[usage.tokenClass]}`,
  amountNano: usage.amountNano,
  tax,
  usage,
});

function packageLines({ packages, tax }: PeriodUsage): DraftLine[] {
  return packages
    .map((usage) => ({ usage, amountNano: packageRestNano(usage) }))
    .filter(({ amountNano }) => amountNano > 0n)
    .map(({ usage, amountNano }) => ({
      kind: 'package',
      description: `${usage.modelId}, ${CLASS_NAMES[usage.tokenClass]}: rest of ${startedPackages(usage)} started packages of ${usage.size}`,
      amountNano,
      tax,
    }));
}

/** The rest of packages is spent too. */
function trueUpLines({ committed, currency, tax }: PeriodUsage, packages: readonly DraftLine[]): DraftLine[] {
  if (!committed) return [];
  const usageNano = packages.reduce((sum, { amountNano: rest }) => sum + rest, committed.usageNano);
  const amountNano = trueUpNano({ ...committed, usageNano });
  if (amountNano === 0n) return [];
  const promised = committedNano(committed);
  const money = (nano: bigint) => `${formatMinor(roundToMinor(nano, currency), currency)} ${currency}`;
  const description = `Minimum commitment true-up (${money(promised)} less ${money(promised - amountNano)} used)`;
  return [{ kind: 'true_up', description, amountNano, tax }];
}

/** By model, class and price, so that the same usage always makes the same document. */
function compareUsage(a: UsageSum, b: UsageSum): number {
  const keyOf = ({ modelId, tokenClass, priceVersionId }: UsageSum) =>
    `${modelId}|${tokenClass}|${priceVersionId}`;
  return keyOf(a) < keyOf(b) ? -1 : 1;
}
