import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import type { StoredMeasure, StoredResult, StoredStatement } from './statements.repository.js';

/** A statement as the API and the command line show it. */
export const showStatement = (statement: StoredStatement) => ({
  object: 'provider_statement' as const,
  id: publicId('providerStatement', statement.id),
  provider: statement.providerSlug,
  format: statement.format,
  from: statement.firstDay,
  to: statement.lastDay,
  currency: statement.currency,
  stated_cost: statement.statedCostNano === null ? null : formatNano(statement.statedCostNano),
  accrued_cost: formatNano(statement.accruedCostNano),
  accrued_unbilled_cost: formatNano(statement.accruedUnbilledNano),
  variance:
    statement.statedCostNano === null
      ? null
      : formatNano(statement.statedCostNano - statement.accruedCostNano),
  variance_ppm:
    statement.statedCostNano === null || statement.statedCostNano === 0n
      ? null
      : (
          ((statement.statedCostNano - statement.accruedCostNano) * 1_000_000n) /
          statement.statedCostNano
        ).toString(),
  open_cost: formatNano(statement.openCostNano),
  tolerance: { ppm: statement.tolerancePpm, cost: formatNano(statement.toleranceNano) },
  rows: {
    matched: statement.counts['matched'],
    explained: statement.counts['explained'],
    open: statement.counts['open'],
  },
  stated_quantity: statement.counts['stated_quantity'],
  open_quantity: statement.counts['open_quantity'],
  status: statement.status,
  legal_entity: statement.legalEntityId === null ? null : publicId('legalEntity', statement.legalEntityId),
  created_at: statement.createdAt.toISOString(),
});

/** A row of a comparison. */
export const showResult = (row: StoredResult) => ({
  day: row.day,
  request_id: row.ref,
  model: row.model,
  token_class: row.tokenClass,
  status: row.status,
  cause: row.cause,
  quantity: row.quantity && showMeasure(row.quantity, (digits) => digits),
  cost: row.cost && showMeasure(row.cost, (digits) => formatNano(BigInt(digits))),
});

const showMeasure = (measure: StoredMeasure, show: (digits: string) => string) => ({
  stated: show(measure.stated),
  booked: show(measure.booked),
  explained: measure.explained.map(({ reason, amount }) => ({ reason, amount: show(amount) })),
  open: show(measure.open),
});

/** A comparison as a table for people: the sums, then every row that is open. */
export function formatReconciliation(statement: StoredStatement, open: readonly StoredResult[]): string {
  const shown = showStatement(statement);
  const lines = open.map((row) => {
    const { quantity, cost, cause } = showResult(row);
    const place = [row.day, row.ref, row.model, row.tokenClass].filter((part) => part !== null).join(' ');
    const figures = [
      quantity && `${quantity.open} of ${quantity.stated}`,
      cost && `${cost.open} of ${cost.stated} ${statement.currency}`,
    ];
    return `  ${place}: ${cause} ${figures.filter((part) => part !== null).join(', ')}`;
  });
  return [
    `${shown.id} ${shown.provider} ${shown.from} to ${shown.to}: ${shown.status}`,
    `stated ${shown.stated_cost ?? 'no cost'}, accrued ${shown.accrued_cost} (${shown.accrued_unbilled_cost} charged to nobody), open ${shown.open_cost} ${shown.currency}`,
    `${shown.rows.matched} matched, ${shown.rows.explained} explained, ${shown.rows.open} open`,
    ...lines,
  ].join('\n');
}
