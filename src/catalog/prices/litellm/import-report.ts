import { formatUnitPrice } from '../../../core/money.js';
import type { PublicationPlan, WantedPrice } from '../publication/plan-publication.js';
import { unitOf } from '../unit-price.js';
import type { Matches } from './match-entries.js';

/** A price as the report shows it. */
interface ReportedPrice {
  model: string;
  token_class: string;
  tier_from: number;
  /** US dollars per 1M tokens. */
  unit_price: string;
}

/** What an import did, or would do. */
export interface ImportReport {
  valid_from: string;
  dry_run: boolean;
  published: ReportedPrice[];
  unchanged: ReportedPrice[];
  /** What was not taken: the entry and field of the file, its value, and why. */
  refused: { entry: string; model: string | null; field: string; value: string; reason: string }[];
  /** Prices of the imported entries that this gateway does not sell by that measure. */
  not_sold: { entry: string; field: string; value: string }[];
  /** Entries that are no model of the catalogue. */
  unknown_models: string[];
}

/** The report of an import. */
export function importReport(outcome: {
  validFrom: string;
  dryRun: boolean;
  matches: Matches;
  plan: PublicationPlan;
}): ImportReport {
  const { matches, plan } = outcome;
  const refused: ImportReport['refused'] = [
    ...matches.matched.flatMap(({ modelId, entry }) =>
      entry.refused.map((left) => ({ entry: entry.name, model: modelId, ...left })),
    ),
    ...matches.matched
      .filter(({ entry }) => entry.refused.length === 0 && entry.prices.length === 0)
      .map(({ modelId, entry }) => refusal(entry.name, modelId, 'the entry has no price per token')),
    ...matches.ambiguous.map(({ modelId, names }) =>
      refusal(
        names.join(', '),
        modelId,
        'several entries price this model differently; choose a litellm provider',
      ),
    ),
    ...plan.refused.map(({ wanted: { sku }, reason }) => ({
      ...refusal('', sku.modelId, reason),
      field: sku.tokenClass,
    })),
  ];
  return {
    valid_from: outcome.validFrom,
    dry_run: outcome.dryRun,
    published: plan.publish.map(reported),
    unchanged: plan.unchanged.map(reported),
    refused,
    not_sold: matches.matched.flatMap(({ entry }) =>
      entry.notSold.map(({ field, value }) => ({ entry: entry.name, field, value })),
    ),
    unknown_models: matches.unknown,
  };
}

const refusal = (entry: string, model: string, reason: string) => ({
  entry,
  model,
  field: '',
  value: '',
  reason,
});

const reported = ({ sku, unitPricePico }: WantedPrice): ReportedPrice => ({
  model: sku.modelId,
  token_class: sku.tokenClass,
  tier_from: sku.tierFrom,
  unit_price: formatUnitPrice(unitPricePico, unitOf(sku.tokenClass)),
});

/** The report in words, for a terminal. */
export function formatImportReport(report: ImportReport): string {
  const verb = report.dry_run ? 'would be published' : 'published';
  const price = (one: ReportedPrice) =>
    `  ${one.model} ${one.token_class}${one.tier_from > 0 ? ` from ${one.tier_from} tokens` : ''}: ${one.unit_price}`;
  return [
    `${report.published.length} ${verb} from ${report.valid_from}, USD per 1M tokens:`,
    ...report.published.map(price),
    `${report.unchanged.length} unchanged.`,
    `${report.refused.length} refused:`,
    ...report.refused.map(
      ({ entry, model, field, value, reason }) =>
        `  ${[entry, model, field, value].filter((word) => word !== '' && word !== null).join(' ')}: ${reason}`,
    ),
    `${report.not_sold.length} prices of measures that are not sold here:`,
    ...report.not_sold.map(({ entry, field, value }) => `  ${entry} ${field} ${value}`),
    `${report.unknown_models.length} entries are no model of the catalogue.`,
  ].join('\n');
}
