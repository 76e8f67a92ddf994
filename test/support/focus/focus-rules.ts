import {
  CLOSED_LISTS,
  CONDITIONAL,
  CURRENCIES,
  DECIMALS,
  MANDATORY,
  MANDATORY_OF,
  NOT_NULL,
  OPTIONAL,
  OPTIONAL_OF,
  REMOVED_OF,
  SUBCATEGORY_PARENT,
  TIMES,
} from './focus-names.js';
import { readCsv, readCsvObjects } from './read-csv.js';

/**
 * The rules of the FinOps Open Cost and Usage Specification that a file of this product can break, written from the
 * specification's text and knowing nothing of the writer. docs/focus.md lists them by id.
 */

/** A row by column name; an absent value is an empty text. */
export type FocusRow = Record<string, string>;

export interface FocusFile {
  version: '1.4' | '1.2';
  columns: string[];
  rows: FocusRow[];
}

export interface FocusRule {
  id: string;
  /** What must hold, in the words of the specification as far as they are short. */
  text: string;
  /** Of each row: says what is wrong, or nothing. */
  row?: (row: FocusRow, file: FocusFile) => string | undefined;
  /** Of the file as a whole. */
  file?: (file: FocusFile) => string | undefined;
}

const filled = (row: FocusRow, name: string): boolean => (row[name] ?? '') !== '';
/** A decimal as an integer of 10^-18, exactly. */
function exact(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const value = BigInt(whole + fraction.padEnd(18, '0'));
  return text.startsWith('-') ? -value : value;
}
const product = (a: string, b: string): bigint => (exact(a) * exact(b)) / 10n ** 18n;
const namesOf = (names: string[]): string | undefined => (names.length === 0 ? undefined : names.join(', '));

const isWrongProduct = (row: FocusRow, cost: string, price: string): string | undefined => {
  if (!filled(row, price) || !filled(row, 'PricingQuantity')) return undefined;
  const expected = product(row[price] as string, row['PricingQuantity'] as string);
  return exact(row[cost] as string) === expected
    ? undefined
    : `${row[cost]} is not ${row[price]} x ${row['PricingQuantity']}`;
};

function isKeyValue(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return (
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every(
        (each) => each === null || ['string', 'number', 'boolean'].includes(typeof each),
      )
    );
  } catch {
    return false;
  }
}

export const FOCUS_RULES: FocusRule[] = [
  {
    id: 'columns-mandatory',
    text: 'Every mandatory column of the version is present.',
    file: ({ columns, version }) =>
      namesOf([...MANDATORY, ...MANDATORY_OF[version]].filter((name) => !columns.includes(name))),
  },
  {
    id: 'columns-conditional',
    text: 'The conditional columns whose condition a token gateway meets are present (unit prices, usage, invoices, sub accounts, tags).',
    file: ({ columns, version }) =>
      namesOf(
        [...CONDITIONAL, ...(version === '1.4' ? ['InvoiceDetailId'] : [])].filter(
          (name) => !columns.includes(name),
        ),
      ),
  },
  {
    id: 'columns-of-other-versions',
    text: 'No column that the version does not have is present under its plain name.',
    file: ({ columns, version }) => namesOf(REMOVED_OF[version].filter((name) => columns.includes(name))),
  },
  {
    id: 'columns-custom',
    text: 'Columns that the version does not have begin with x_, are in PascalCase, and follow all others.',
    file: ({ columns, version }) => {
      const known = new Set([
        ...MANDATORY,
        ...MANDATORY_OF[version],
        ...CONDITIONAL,
        ...OPTIONAL,
        ...OPTIONAL_OF[version],
      ]);
      const first = columns.findIndex((name) => name.startsWith('x_'));
      const isCustom = (index: number) => first >= 0 && index >= first;
      return namesOf(
        columns.filter((name, index) =>
          isCustom(index) ? !/^x_[A-Z][A-Za-z0-9]*$/.test(name) : !known.has(name),
        ),
      );
    },
  },
  {
    id: 'columns-once',
    text: 'No column occurs twice.',
    file: ({ columns }) => namesOf(columns.filter((name, index) => columns.indexOf(name) !== index)),
  },
  {
    id: 'null-not-allowed',
    text: 'Columns that do not allow nulls have a value in every row.',
    row: (row, { columns }) =>
      namesOf(NOT_NULL.filter((name) => columns.includes(name) && !filled(row, name))),
  },
  {
    id: 'null-is-null',
    text: 'An absent value is null: no placeholder such as "N/A" or "null" and no text of blanks.',
    row: (row) =>
      namesOf(Object.keys(row).filter((name) => /^(\s+|n\/a|null|none|-)$/i.test(row[name] ?? ''))),
  },
  {
    id: 'decimal-format',
    text: 'Numbers are plain decimals: no plus sign, no grouping, no currency symbol.',
    row: (row) =>
      namesOf(
        DECIMALS.filter((name) => filled(row, name) && !/^-?(0|[1-9]\d*)(\.\d+)?$/.test(row[name] as string)),
      ),
  },
  {
    id: 'time-format',
    text: 'Instants are UTC in ISO 8601: YYYY-MM-DDTHH:mm:ssZ.',
    row: (row) =>
      namesOf(
        TIMES.filter(
          (name) =>
            !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(row[name] ?? '') ||
            Number.isNaN(Date.parse(row[name] as string)),
        ),
      ),
  },
  {
    id: 'period-order',
    text: 'Billing and charge periods begin before they end (inclusive start, exclusive end).',
    row: (row) =>
      ['BillingPeriod', 'ChargePeriod'].find(
        (name) => (row[`${name}Start`] as string) >= (row[`${name}End`] as string),
      ),
  },
  {
    id: 'currency-format',
    text: 'The billing currency is an ISO 4217 code.',
    row: (row) => (CURRENCIES.has(row['BillingCurrency'] ?? '') ? undefined : row['BillingCurrency']),
  },
  {
    id: 'allowed-values',
    text: 'Columns with allowed values hold one of them.',
    row: (row) =>
      namesOf(Object.keys(CLOSED_LISTS).filter((name) => !CLOSED_LISTS[name]?.includes(row[name] ?? ''))),
  },
  {
    id: 'subcategory-parent',
    text: 'A service subcategory belongs to its service category.',
    row: (row) =>
      SUBCATEGORY_PARENT[row['ServiceSubcategory'] ?? ''] === row['ServiceCategory']
        ? undefined
        : row['ServiceSubcategory'],
  },
  {
    id: 'key-value-format',
    text: 'Tags, SkuPriceDetails and credential details are JSON objects of simple values.',
    row: (row) =>
      namesOf(
        ['Tags', 'SkuPriceDetails', 'x_CredentialDetails'].filter(
          (name) => filled(row, name) && !isKeyValue(row[name] as string),
        ),
      ),
  },
  {
    id: 'sku-price-details-keys',
    text: 'Keys of SkuPriceDetails that the specification does not define begin with x_.',
    row: (row) =>
      filled(row, 'SkuPriceDetails')
        ? namesOf(
            Object.keys(JSON.parse(row['SkuPriceDetails'] as string) as object).filter(
              (key) => !key.startsWith('x_'),
            ),
          )
        : undefined,
  },
  {
    id: 'contracted-cost-product',
    text: 'ContractedCost is ContractedUnitPrice x PricingQuantity where both are given.',
    row: (row) => isWrongProduct(row, 'ContractedCost', 'ContractedUnitPrice'),
  },
  {
    id: 'list-cost-product',
    text: 'ListCost is ListUnitPrice x PricingQuantity where both are given.',
    row: (row) => isWrongProduct(row, 'ListCost', 'ListUnitPrice'),
  },
  {
    id: 'cost-without-price',
    text: 'ContractedCost and ListCost equal BilledCost where there is no unit price.',
    row: (row) =>
      namesOf(
        [
          ['ContractedCost', 'ContractedUnitPrice'],
          ['ListCost', 'ListUnitPrice'],
        ].flatMap(([cost = '', price = '']) =>
          !filled(row, price) && exact(row[cost] as string) !== exact(row['BilledCost'] as string)
            ? [cost]
            : [],
        ),
      ),
  },
  {
    id: 'usage-and-purchase-prices',
    text: 'Rows of usage and purchases have quantity, unit, unit prices, SkuId and SkuPriceId.',
    row: (row) =>
      ['Usage', 'Purchase'].includes(row['ChargeCategory'] ?? '')
        ? namesOf(
            [
              'PricingQuantity',
              'PricingUnit',
              'ContractedUnitPrice',
              'ListUnitPrice',
              'SkuId',
              'SkuPriceId',
              'PricingCategory',
            ].filter((name) => !filled(row, name)),
          )
        : undefined,
  },
  {
    id: 'tax-has-no-quantity',
    text: 'Tax rows have no quantity, unit, unit price or SKU.',
    row: (row) =>
      row['ChargeCategory'] === 'Tax'
        ? namesOf(
            [
              'ConsumedQuantity',
              'ConsumedUnit',
              'PricingQuantity',
              'PricingUnit',
              'ContractedUnitPrice',
              'ListUnitPrice',
              'SkuId',
              'SkuPriceId',
              'PricingCategory',
            ].filter((name) => filled(row, name)),
          )
        : undefined,
  },
  {
    id: 'consumed-with-usage-only',
    text: 'ConsumedQuantity and ConsumedUnit are given together, for usage and nothing else.',
    row: (row) => {
      const has = [filled(row, 'ConsumedQuantity'), filled(row, 'ConsumedUnit')];
      const expected = row['ChargeCategory'] === 'Usage';
      return has.every((each) => each === expected) ? undefined : row['ChargeCategory'];
    },
  },
  {
    id: 'unit-with-quantity',
    text: 'PricingUnit is given exactly where PricingQuantity is, capitalised.',
    row: (row) =>
      filled(row, 'PricingUnit') !== filled(row, 'PricingQuantity') ||
      !/^([A-Z0-9].*)?$/.test(row['PricingUnit'] ?? '')
        ? row['PricingUnit']
        : undefined,
  },
  {
    id: 'usage-based-frequency',
    text: 'A purchase is not Usage-Based.',
    row: (row) =>
      row['ChargeCategory'] === 'Purchase' && row['ChargeFrequency'] === 'Usage-Based'
        ? row['ChargeDescription']
        : undefined,
  },
  {
    id: 'purchase-of-future-usage',
    text: 'The effective cost of a purchase that covers future charges is 0, of another one what was billed.',
    row: ({ ChargeCategory, SkuId, EffectiveCost = '', BilledCost = '' }) => {
      const expected = SkuId === 'prepaid-credit' ? 0n : exact(BilledCost);
      return ChargeCategory === 'Purchase' && exact(EffectiveCost) !== expected ? EffectiveCost : undefined;
    },
  },
  {
    id: 'correction-period',
    text: 'A correction lies in a later billing period than the charge it corrects.',
    row: (row) =>
      row['ChargeClass'] === 'Correction' &&
      row['ChargeCategory'] === 'Usage' &&
      (row['ChargePeriodStart'] as string) >= (row['BillingPeriodStart'] as string)
        ? row['ChargePeriodStart']
        : undefined,
  },
  {
    id: 'sub-account-of-usage',
    text: 'Usage names its sub account; a sub account name never stands without its id.',
    row: (row) =>
      (row['ChargeCategory'] === 'Usage' && !filled(row, 'SubAccountId')) ||
      (filled(row, 'SubAccountName') && !filled(row, 'SubAccountId'))
        ? row['SubAccountName']
        : undefined,
  },
  {
    id: 'invoice-detail-with-invoice',
    text: 'An InvoiceDetailId never stands without its InvoiceId.',
    row: (row) =>
      filled(row, 'InvoiceDetailId') && !filled(row, 'InvoiceId') ? row['InvoiceDetailId'] : undefined,
  },
  {
    id: 'rounding-once',
    text: 'An invoice has at most one rounding adjustment.',
    file: ({ rows }) => {
      const ids = rows
        .filter((row) => row['ChargeCategory'] === 'Adjustment')
        .map((row) => row['InvoiceId'] ?? '');
      return namesOf(ids.filter((id, index) => ids.indexOf(id) !== index));
    },
  },
  {
    id: 'one-currency-per-invoice',
    text: 'All rows of an invoice are in one billing currency and of one issuer.',
    file: ({ rows }) => {
      const seen = new Map<string, string>();
      return namesOf(
        rows.flatMap((row) => {
          const { InvoiceId: invoice = '', BillingCurrency = '', InvoiceIssuerName = '' } = row;
          if (invoice === '') return [];
          const books = `${BillingCurrency} ${InvoiceIssuerName}`;
          const other = seen.get(invoice) ?? books;
          seen.set(invoice, other);
          return other === books ? [] : [invoice];
        }),
      );
    },
  },
];

/** A file as its text. */
export function focusFile(version: FocusFile['version'], text: string): FocusFile {
  return { version, columns: readCsv(text)[0] ?? [], rows: readCsvObjects(text) };
}

/** Every rule that a file breaks, with what was found. */
export function focusViolations(file: FocusFile): string[] {
  return FOCUS_RULES.flatMap((rule) => {
    const whole = rule.file?.(file);
    const rows = file.rows.flatMap((row, index) => {
      const wrong = rule.row?.(row, file);
      return wrong === undefined ? [] : [`${rule.id} (row ${index + 1}): ${wrong}`];
    });
    return [...(whole === undefined ? [] : [`${rule.id}: ${whole}`]), ...rows];
  });
}

/** Sum of BilledCost for each InvoiceId, in 10^-18 of the currency. */
export function billedByInvoice({ rows }: FocusFile): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const row of rows) {
    const invoice = row['InvoiceId'] ?? '';
    sums.set(invoice, (sums.get(invoice) ?? 0n) + exact(row['BilledCost'] as string));
  }
  return sums;
}
