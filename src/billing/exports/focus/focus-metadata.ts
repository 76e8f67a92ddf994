import { createHash } from 'node:crypto';
import { focusColumns, type FocusColumn } from './focus-columns.js';
import { datasetColumns, type FocusDataset } from './focus-datasets.js';
import type { FocusVersion } from './focus-source.js';

/** A column as the metadata describes it; the keys are the specification's. */
export interface FocusColumnDefinition {
  ColumnName: string;
  DataType: string;
  /** Of decimals: digits in all, and after the point. */
  NumericPrecision?: number;
  NumberScale?: number;
  /** Of texts. */
  StringEncoding?: 'UTF-8';
  /** Of Tags: which of them are the operator's; none are, all come from customers. */
  ProviderTagPrefixes?: string[];
}

/** What is known of the columns of a dataset, beside the data and never in it. */
export interface FocusSchema {
  SchemaId: string;
  FocusVersion: string;
  /** When this schema came into use. */
  CreationDate: string;
  /** Since 1.3: the dataset whose files have this schema. */
  DatasetInstanceId?: string;
  ColumnDefinition: FocusColumnDefinition[];
}

/** A dataset that can be had (since 1.3). */
export interface FocusDatasetInstance {
  DatasetInstanceId: string;
  DatasetInstanceName: string;
  /** Which of the specification's datasets it is. */
  FocusDatasetId: string;
}

/** All metadata of a version: its sections by the specification's names. In 1.2 there is one schema and no instances. */
export interface FocusMetadata {
  DataGenerator: { DataGenerator: string };
  DatasetInstance?: FocusDatasetInstance[];
  Schema: FocusSchema | FocusSchema[];
}

/** When the columns were last changed; a change of columns is a new schema with a new id. */
const CREATED = '2026-11-21T00:00:00Z';
/** Digits a decimal may have in all. */
const PRECISION = 38;

/** The datasets of 1.4 by the specification's ids. */
const DATASETS = [
  { id: 'CostAndUsage', name: 'Cost and Usage', columns: () => focusColumns('1.4') },
  { id: 'InvoiceDetail', name: 'Invoice Detail', columns: () => datasetColumns('invoice-detail') },
  { id: 'BillingPeriod', name: 'Billing Period', columns: () => datasetColumns('billing-period') },
] as const;

/** A UUID (version 8, RFC 9562) that is the same for the same words for ever. */
function nameUuid(...words: unknown[]): string {
  const hex = createHash('sha256').update(JSON.stringify(words)).digest('hex');
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const instanceId = (dataset: string): string => nameUuid('faregate', 'dataset', dataset);

const definitionOf = ({ name, type, scale = 0 }: FocusColumn): FocusColumnDefinition => ({
  ColumnName: name,
  DataType: type,
  ...(type === 'DECIMAL' ? { NumericPrecision: PRECISION, NumberScale: scale } : {}),
  ...(type === 'STRING' || type === 'JSON' ? { StringEncoding: 'UTF-8' as const } : {}),
  ...(name === 'Tags' ? { ProviderTagPrefixes: [] } : {}),
});

/** The schema of a dataset: the same columns have the same id for ever. */
function focusSchema(version: FocusVersion, dataset: string, columns: readonly FocusColumn[]): FocusSchema {
  const definition = columns.map(definitionOf);
  return {
    SchemaId: nameUuid('faregate', 'schema', version, dataset, definition),
    FocusVersion: version,
    CreationDate: CREATED,
    ...(version === '1.2' ? {} : { DatasetInstanceId: instanceId(dataset) }),
    ColumnDefinition: definition,
  };
}

/** The schema of a dataset of 1.4 beside Cost and Usage. */
export const datasetSchema = (dataset: FocusDataset): FocusSchema =>
  focusSchema(
    '1.4',
    dataset === 'invoice-detail' ? 'InvoiceDetail' : 'BillingPeriod',
    datasetColumns(dataset),
  );

/** The schema of the Cost and Usage dataset. */
export const costAndUsageSchema = (version: FocusVersion): FocusSchema =>
  focusSchema(version, 'CostAndUsage', focusColumns(version));

/** Everything the specification wants to be known of a version's files. */
export function focusMetadata(version: FocusVersion): FocusMetadata {
  const generator = { DataGenerator: 'Faregate' };
  if (version === '1.2') return { DataGenerator: generator, Schema: costAndUsageSchema('1.2') };
  return {
    DataGenerator: generator,
    DatasetInstance: DATASETS.map(({ id, name }) => ({
      DatasetInstanceId: instanceId(id),
      DatasetInstanceName: name,
      FocusDatasetId: id,
    })),
    Schema: DATASETS.map(({ id, columns }) => focusSchema('1.4', id, columns())),
  };
}
