/**
 * What the specification wants of the metadata of FOCUS files (`specification/metadata`), written from its text and knowing nothing
 * of the writer. docs/focus.md lists the rules by id.
 */

/** Metadata as JSON; nothing is taken for granted. */
export type Metadata = Record<string, unknown>;

interface MetadataRule {
  id: string;
  text: string;
  /** Says what is wrong, or nothing. */
  check: (metadata: Metadata, version: '1.4' | '1.2') => string | undefined;
}

type Json = Record<string, unknown>;

const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : [value as Json]);
const schemas = (metadata: Metadata): Json[] => list(metadata['Schema']);
const columns = (metadata: Metadata): Json[] =>
  schemas(metadata).flatMap((schema) => list(schema['ColumnDefinition']));
const instances = (metadata: Metadata): Json[] =>
  metadata['DatasetInstance'] === undefined ? [] : list(metadata['DatasetInstance']);
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DATASETS = ['CostAndUsage', 'ContractCommitment', 'InvoiceDetail', 'BillingPeriod'];
const COLUMN_KEYS = [
  'ColumnName', 'DataType', 'Deprecated', 'NumericPrecision', 'NumberScale', 'PreviousColumnName', 'ProviderTagPrefixes',
  'StringEncoding', 'StringMaxLength',
]; // prettier-ignore
const SCHEMA_KEYS = [
  'SchemaId', 'FocusVersion', 'CreationDate', 'DataGeneratorVersion', 'DatasetInstanceId', 'ColumnDefinition',
]; // prettier-ignore

const wrong = (items: Json[], isRight: (item: Json) => boolean): string | undefined => {
  const found = items.find((item) => !isRight(item));
  return found === undefined ? undefined : JSON.stringify(found).slice(0, 200);
};

export const METADATA_RULES: readonly MetadataRule[] = [
  {
    id: 'metadata-sections',
    text: 'DataGenerator and Schema are present; since 1.3 DatasetInstance and Schema are collections.',
    check: (metadata, version) => {
      const collections = version === '1.2' ? [] : ['DatasetInstance', 'Schema'];
      const missing = ['DataGenerator', 'Schema', ...collections].filter(
        (key) => metadata[key] === undefined || metadata[key] === null,
      );
      return [...missing, ...collections.filter((key) => !Array.isArray(metadata[key]))][0];
    },
  },
  {
    id: 'metadata-keys',
    text: 'Sections, schemas and columns have no key that the specification does not have.',
    check: (metadata, version) => {
      const sections = [
        'DataGenerator',
        'Schema',
        ...(version === '1.2' ? [] : ['DatasetInstance', 'Recency']),
      ];
      return [
        ...Object.keys(metadata).filter((key) => !sections.includes(key)),
        ...schemas(metadata).flatMap((schema) =>
          Object.keys(schema).filter((key) => !SCHEMA_KEYS.includes(key)),
        ),
        ...columns(metadata).flatMap((column) =>
          Object.keys(column).filter((key) => !COLUMN_KEYS.includes(key)),
        ),
      ][0];
    },
  },
  {
    id: 'metadata-data-generator',
    text: 'DataGenerator is an object with a name of the same key.',
    check: (metadata) => {
      const generator = metadata['DataGenerator'] as Json | undefined;
      return typeof generator?.['DataGenerator'] === 'string' ? undefined : JSON.stringify(generator);
    },
  },
  {
    id: 'metadata-dataset-instances',
    text: 'Each dataset instance has an id of its own (a GUID), a name and a dataset of the specification.',
    check: (metadata) => {
      const ids = instances(metadata).map((instance) => instance['DatasetInstanceId']);
      if (new Set(ids).size !== ids.length) return 'an id occurs twice';
      return wrong(
        instances(metadata),
        (one) =>
          GUID.test(String(one['DatasetInstanceId'])) &&
          typeof one['DatasetInstanceName'] === 'string' &&
          DATASETS.includes(String(one['FocusDatasetId'])),
      );
    },
  },
  {
    id: 'metadata-schemas',
    text: 'Each schema has a SchemaId (a GUID), the FocusVersion of its files, and a CreationDate in UTC.',
    check: (metadata, version) =>
      wrong(
        schemas(metadata),
        (schema) =>
          GUID.test(String(schema['SchemaId'])) &&
          schema['FocusVersion'] === version &&
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(String(schema['CreationDate'])),
      ),
  },
  {
    id: 'metadata-schema-of-instance',
    text: 'Since 1.3 each schema names a dataset instance that is there, and each instance has a schema.',
    check: (metadata, version) => {
      if (version === '1.2') return undefined;
      const ids = instances(metadata).map((instance) => instance['DatasetInstanceId']);
      const used = schemas(metadata).map((schema) => schema['DatasetInstanceId']);
      return [...used.filter((id) => !ids.includes(id)), ...ids.filter((id) => !used.includes(id))].map(
        String,
      )[0];
    },
  },
  {
    id: 'metadata-columns',
    text: 'ColumnDefinition has one object for each column, with ColumnName and DataType.',
    check: (metadata) => {
      for (const schema of schemas(metadata)) {
        const names = list(schema['ColumnDefinition']).map((column) => column['ColumnName']);
        if (new Set(names).size !== names.length) return 'a column occurs twice';
      }
      const types = ['STRING', 'DECIMAL', 'DATETIME', 'JSON', 'INTEGER', 'BOOLEAN'];
      return wrong(
        columns(metadata),
        (column) => typeof column['ColumnName'] === 'string' && types.includes(String(column['DataType'])),
      );
    },
  },
  {
    id: 'metadata-decimals',
    text: 'Decimal columns say NumericPrecision and NumberScale, whole numbers; others do not.',
    check: (metadata) =>
      wrong(columns(metadata), (column) =>
        [column['NumericPrecision'], column['NumberScale']].every(
          (value) => Number.isInteger(value) === (column['DataType'] === 'DECIMAL'),
        ),
      ),
  },
  {
    id: 'metadata-tags',
    text: 'The column Tags says ProviderTagPrefixes, a collection of texts; others do not.',
    check: (metadata) =>
      wrong(
        columns(metadata),
        (column) => Array.isArray(column['ProviderTagPrefixes']) === (column['ColumnName'] === 'Tags'),
      ),
  },
];

/** Every rule that the metadata breaks, with what breaks it. */
export const metadataViolations = (metadata: Metadata, version: '1.4' | '1.2'): string[] =>
  METADATA_RULES.flatMap(({ id, check }) => {
    const what = check(metadata, version);
    return what === undefined ? [] : [`${id}: ${what}`];
  });
