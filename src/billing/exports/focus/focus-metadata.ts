import { createHash } from 'node:crypto';
import { focusColumns, type FocusColumn } from './focus-columns.js';
import type { FocusVersion } from './focus-source.js';

/** What the specification wants to be known of a schema, beside the data and never in it. */
export interface FocusSchema {
  SchemaId: string;
  FocusVersion: string;
  /** When this schema came into use. */
  CreationDate: string;
  DataGenerator: string;
  DatasetType: string;
  ColumnDefinition: Record<string, string | number | boolean>[];
}

/** When the columns were last changed; a change of columns is a new schema with a new id. */
const CREATED = '2026-11-21T00:00:00Z';
/** Digits a decimal may have in all. */
const PRECISION = 38;

/** The schema of a dataset: the same columns have the same id for ever. */
export function focusSchema(
  version: FocusVersion,
  dataset: string,
  columns: readonly FocusColumn[],
): FocusSchema {
  const definition = columns.map(({ name, type, scale = 0 }) => ({
    ColumnName: name,
    DataType: type,
    ...(type === 'DECIMAL'
      ? { NumericPrecision: PRECISION, NumberScale: scale }
      : { StringEncoding: 'UTF-8' }),
  }));
  const digest = createHash('sha256')
    .update(JSON.stringify([version, dataset, definition]))
    .digest('hex');
  return {
    SchemaId: `faregate-${dataset}-${version}-${digest.slice(0, 16)}`,
    FocusVersion: version,
    CreationDate: CREATED,
    DataGenerator: 'Faregate',
    DatasetType: dataset,
    ColumnDefinition: definition,
  };
}

/** The schema of the Cost and Usage dataset. */
export const costAndUsageSchema = (version: FocusVersion): FocusSchema =>
  focusSchema(version, 'CostAndUsage', focusColumns(version));
