import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'pg';
import { ExportRuns } from '../../../src/billing/exports/background/export-runs.service.js';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { InvoicingModule } from '../../../src/billing/invoicing/invoicing.module.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { createModel } from '../../support/builders/catalog.builder.js';
import { createTenant } from '../../support/builders/tenant.builder.js';
import { insertUsage } from '../../support/usage-at-size.js';

const SPAN = { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' };
const EXPORTS = '/finance/v1/exports';

describe('the file of an export', () => {
  let api: AdminApi;
  let pool: Pool;
  let dir: string;

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'faregate-exports-'));
    api = await startAdminApi([BillingApiModule, InvoicingModule], { EXPORT_DIR: dir });
    pool = new Pool({ connectionString: api.databaseUrl });
    const tenant = await createTenant(pool, { overdraftNano: 10n ** 12n });
    const model = await createModel(pool, {
      prices: [
        ['input', 3_000_333n, 2_000_000n],
        ['output', 15_000_000n, 10_000_000n],
      ],
    });
    await insertUsage(pool, { tenant, model, events: 2_000, from: SPAN.from });
  }, 120_000);
  afterAll(async () => {
    await pool.end();
    await api.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const finished = async (body: object) => {
    const { body: made } = await api.post(EXPORTS, body, 'finance');
    await api.app.get(ExportRuns, { strict: false }).runDue();
    return (await api.get(`${EXPORTS}/${made.id}`, 'finance')).body;
  };

  it('can be fetched in parts, by key and by link: one range, only of the same bytes, and none outside the file', async () => {
    const done = await finished({ ...SPAN, report: 'usage', format: 'csv' });
    const [{ bytes, sha256 }] = done.manifest.files as [{ bytes: number; sha256: string }];
    const etag = `"${sha256}"`;
    for (const [address, authorization] of [
      [`${EXPORTS}/${done.id}/download`, `Bearer ${api.secrets.finance}`],
      [done.download_url as string, ''],
    ] as const) {
      const fetch = (headers: Record<string, string>) =>
        api.call({ method: 'get', path: address, headers: { authorization, ...headers } });
      const whole = await fetch({});
      expect([whole.status, whole.headers['accept-ranges'], whole.headers['etag']]).toEqual([
        200,
        'bytes',
        etag,
      ]);
      const part = async (range: string, from: number, to: number) => {
        const { status, headers, text } = await fetch({ range, 'if-range': etag });
        expect([range, status, headers['content-range']]).toEqual([
          range,
          206,
          `bytes ${from}-${to - 1}/${bytes}`,
        ]);
        expect([range, text === whole.text.slice(from, to)]).toEqual([range, true]);
        expect(headers).toMatchObject({
          etag,
          'content-length': String(to - from),
          'cache-control': 'no-store',
        });
        return text;
      };
      const head = await part('bytes=0-9999', 0, 10_000);
      const tail = await part('bytes=10000-', 10_000, bytes);
      expect(
        createHash('sha256')
          .update(head + tail)
          .digest('hex'),
      ).toBe(sha256);
      await part('bytes=-100', bytes - 100, bytes);
      await part(`bytes=5-${bytes + 5}`, 5, bytes);
      for (const headers of [
        { range: 'bytes=0-9', 'if-range': '"another file"' },
        { range: 'bytes=0-9,20-29' },
        { range: 'lines=1-2' },
      ])
        expect([headers, (await fetch(headers)).status]).toEqual([headers, 200]);
      const outside = await fetch({ range: `bytes=${bytes}-` });
      expect([outside.status, outside.headers['content-range'], outside.body.error]).toEqual([
        416,
        `bytes */${bytes}`,
        {
          message: 'The range lies outside the file.',
          type: 'invalid_request_error',
          param: 'range',
          code: 'range_not_satisfiable',
        },
      ]);
      expect(outside.headers['content-disposition']).toBeUndefined();
    }
  });

  it('goes on where a reader left, and the file that comes of it is the one of the manifest', async () => {
    const done = await finished({ ...SPAN, report: 'usage', format: 'parquet' });
    const [{ bytes, sha256 }] = done.manifest.files as [{ bytes: number; sha256: string }];
    const url = `${await api.app.getUrl()}${done.download_url}`.replace('[::1]', '127.0.0.1');
    const cut = new AbortController();
    const first = await fetch(url, { signal: cut.signal });
    const reader = first.body?.getReader();
    const got = Buffer.from((await reader?.read())?.value ?? []);
    cut.abort();
    const kept = got.subarray(0, Math.min(got.length, bytes - 1));
    const rest = await fetch(url, {
      headers: { range: `bytes=${kept.length}-`, 'if-range': first.headers.get('etag') ?? '' },
    });
    expect(rest.status).toBe(206);
    const file = Buffer.concat([kept, Buffer.from(await rest.arrayBuffer())]);
    expect([file.length, createHash('sha256').update(file).digest('hex')]).toEqual([bytes, sha256]);
  });
});
