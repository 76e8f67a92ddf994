import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';
import { publicIdSql } from '../usage-columns.js';
import { id, money, text, time, whole } from './report-columns.js';
import { at, ownersSql, type ReportFilter } from './report-filter.js';

/**
 * The ledger for an accounting system: one row for each leg of a transaction, debits and credits apart. The legs of a
 * transaction stand together and sum to the same; `account_code` is what the legal entity calls the account, empty while
 * it has not said so.
 */
export const JOURNAL_COLUMNS: ExportColumn[] = [
  id('transaction_id', publicIdSql('transaction', 'transaction_id')),
  whole('line'),
  time('posted_at', 'effective_at'),
  id('kind'),
  text('description'),
  text('reference', 'idempotency_key'),
  id('reverses_transaction_id', publicIdSql('transaction', 'reverses_id')),
  id('legal_entity_id', publicIdSql('legalEntity', 'legal_entity_id')),
  text('legal_entity'),
  id('org_id', publicIdSql('organization', 'organization_id')),
  text('org_name'),
  id('account', 'account'),
  text('account_code'),
  text('account_name'),
  id('currency'),
  money('debit', 'case when nano > 0 then nano end'),
  money('credit', 'case when nano < 0 then -nano end'),
];

/** Transactions posted in `[from, to)`, in the order in which they were posted. */
export const journalSource = (filter: ReportFilter): RowSource => ({
  with: '',
  from: `(select t.id as transaction_id, row_number() over (partition by t.id order by e.id) as line, t.effective_at, t.kind, t.description,
      t.idempotency_key, t.reverses_id, a.legal_entity_id, l.name as legal_entity, t.organization_id, o.name as org_name,
      a.kind as account, c.code as account_code, c.name as account_name, a.currency::text as currency, e.amount_nano::numeric as nano
    from ledger_transaction t join ledger_entry e on e.transaction_id = t.id join ledger_account a on a.id = e.account_id
    join legal_entity l on l.id = a.legal_entity_id left join organization o on o.id = t.organization_id
    left join account_code c on c.legal_entity_id = a.legal_entity_id and c.account = a.kind
    where t.effective_at >= ${at(filter.from)} and t.effective_at < ${at(filter.to)}
      ${ownersSql(filter, { organization: 't.organization_id', legalEntity: 'a.legal_entity_id' })}) row`,
  order: 'row.effective_at, row.transaction_id, row.line',
});
