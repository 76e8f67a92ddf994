import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { InvoicingModule } from '../../../src/billing/invoicing/invoicing.module.js';
import { FinalizationService } from '../../../src/billing/invoicing/finalization.service.js';
import { ReportsRepository } from '../../../src/billing/exports/reports.repository.js';
import { Snapshot } from '../../../src/platform/database/snapshot.service.js';
import { AppConfig } from '../../../src/platform/config/app-config.js';
import { copyStatement } from '../../../src/billing/exports/copy-statement.js';
import { CsvFile } from '../../../src/billing/exports/file-encoder.js';
import { datasetSource, type FocusDataset } from '../../../src/billing/exports/focus/focus-datasets.js';
import { costAndUsageSchema } from '../../../src/billing/exports/focus/focus-metadata.js';
import { parseNano } from '../../../src/core/money.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { testEnvironment } from '../../support/billing.js';
import { runCall } from '../../support/builders/call.builder.js';
import { createModel } from '../../support/builders/catalog.builder.js';
import { travelTo } from '../../support/clock.js';
import { metadataViolations } from '../../support/focus/metadata-rules.js';
import { readCsvObjects } from '../../support/focus/read-csv.js';
import { createCustomer, createInvoicing, createLegalEntity } from '../../support/invoicing.js';

describe('the datasets of FOCUS 1.4 beside Cost and Usage', () => {
  it('list the lines, taxes and payment terms of an invoice, and the state of its period', async () => {
    const world = await createInvoicing();
    try {
      await travelTo(world.pool, '2026-11-03T10:00:00Z');
      const legalEntityId = await createLegalEntity(world.pool, {
        country: 'DE',
        prefix: 'DE',
        rates: { DE: 190_000 },
      });
      const tenant = await createCustomer(world.pool, {
        currency: 'EUR',
        country: 'DE',
        legalEntityId,
        netDays: 14,
      });
      const model = await createModel(world.pool, {
        currency: 'EUR',
        prices: [['input', 3_000_000n, 2_000_000n]],
      });
      await runCall(world.pool, tenant, { model, quantities: { input: 1_000_333 } });
      await travelTo(world.pool, '2026-12-01T00:05:00Z');
      await world.periods.closeDue();
      await travelTo(world.pool, '2026-12-01T01:10:00Z');
      await world.get(FinalizationService).finalizeDue();
      const reports = new ReportsRepository(new Snapshot(new AppConfig(testEnvironment(world.url))));
      const read = async (dataset: FocusDataset) => {
        const span = { from: new Date('2026-11-01T00:00:00Z'), to: new Date('2026-12-01T00:00:00Z') };
        const { columns, source } = datasetSource(dataset, {
          ...span,
          organizationId: tenant.organizationId,
        });
        const pieces: Buffer[] = [];
        const statement = copyStatement(columns, source, 'csv');
        for await (const piece of new CsvFile(columns).encode(reports.copy(statement))) pieces.push(piece);
        return readCsvObjects(Buffer.concat(pieces).toString());
      };
      const details = await read('invoice-detail');
      expect(details.map((row) => [row['ChargeCategory'], row['BilledCost']])).toEqual([
        ['Usage', '3.000000000'],
        ['Tax', '0.570000000'],
      ]);
      expect(details.reduce((sum, row) => sum + parseNano(row['BilledCost'] ?? ''), 0n)).toBe(3_570_000_000n);
      expect(details[0]).toMatchObject({
        InvoiceId: 'DEINV-000001',
        ReferenceInvoiceId: 'DEINV-000001',
        InvoiceIssueStatus: 'Issued',
        PaymentTerms: 'Net 14',
        PaymentDueDate: '2026-12-15T01:10:00Z',
        PurchaseOrderNumber: '',
      });
      expect(await read('billing-period')).toMatchObject([
        {
          BillingPeriodStatus: 'Closed',
          InvoiceIssuerName: 'Faregate GmbH',
          BillingPeriodEnd: '2026-12-01T00:00:00Z',
        },
      ]);
    } finally {
      await world.drop();
    }
  }, 60_000);

  describe('at the doors', () => {
    let api: AdminApi;
    beforeAll(async () => {
      api = await startAdminApi([BillingApiModule, InvoicingModule]);
    });
    afterAll(() => api.close());
    const get = (path: string) => api.get(`/finance/v1/reports/focus/${path}`, 'finance');

    it('the metadata stands beside the data and names every column with its type', async () => {
      const { body } = await get('1.4/metadata');
      expect(metadataViolations(body, '1.4')).toEqual([]);
      expect(body.DatasetInstance.map((one: { FocusDatasetId: string }) => one.FocusDatasetId)).toEqual([
        'CostAndUsage',
        'InvoiceDetail',
        'BillingPeriod',
      ]);
      expect(body.Schema[0]).toEqual(costAndUsageSchema('1.4'));
      expect(body.Schema[0].ColumnDefinition).toContainEqual({
        ColumnName: 'BilledCost',
        DataType: 'DECIMAL',
        NumericPrecision: 38,
        NumberScale: 9,
      });
      const older = (await get('1.2/metadata')).body;
      expect(metadataViolations(older, '1.2')).toEqual([]);
      expect(older.Schema).toEqual(costAndUsageSchema('1.2'));
    });

    it('a file names its schema and has the columns that the schema lists, in their order', async () => {
      for (const version of ['1.4', '1.2'] as const) {
        const query = `from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&format=focus-${version}`;
        const file = await api.get(`/finance/v1/reports/usage?${query}`, 'finance');
        const schema = costAndUsageSchema(version);
        expect(file.headers['x-faregate-schema']).toBe(schema.SchemaId);
        const names = schema.ColumnDefinition.map(({ ColumnName }) => ColumnName);
        expect(file.text.trim().split(',')).toEqual(names);
      }
      const query = 'from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z';
      const listed = (await get('1.4/metadata')).body.Schema.slice(1) as { SchemaId: string }[];
      for (const [index, dataset] of ['invoice-detail', 'billing-period'].entries()) {
        const file = await get(`1.4/${dataset}?${query}`);
        expect(file.headers['x-faregate-schema']).toBe(listed[index]?.SchemaId);
      }
    });

    it('an unknown version, dataset or span is refused by name', async () => {
      expect((await get('1.0/metadata')).status).toBe(404);
      expect((await get('1.4/costs?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z')).status).toBe(404);
      const answer = await get('1.4/invoice-detail?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z');
      expect([answer.status, answer.body.error.param]).toEqual([400, 'to']);
    });
  });
});
