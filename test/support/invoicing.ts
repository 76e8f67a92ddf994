import { Global, Module, type DynamicModule, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Pool } from 'pg';
import { AuditService } from '../../src/billing/audit/audit.service.js';
import { FinalizationService } from '../../src/billing/invoicing/finalization.service.js';
import { InvoicingModule } from '../../src/billing/invoicing/invoicing.module.js';
import { PeriodsService } from '../../src/billing/invoicing/periods/periods.service.js';
import { NotificationsModule } from '../../src/billing/notifications/notifications.module.js';
import { OutboxDispatcher } from '../../src/billing/outbox/outbox-dispatcher.service.js';
import { RollupService } from '../../src/billing/rollup/rollup.service.js';
import { uuidv7 } from '../../src/core/ids.js';
import { AppConfig } from '../../src/platform/config/app-config.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { Database } from '../../src/platform/database/database.service.js';
import { testEnvironment } from './billing.js';
import { createTenant, type Tenant, type TenantOptions } from './builders/tenant.builder.js';
import { travelTo } from './clock.js';
import { createTestDatabase } from './database.js';

@Global()
@Module({})
class TestConfig {
  static of(config: AppConfig): DynamicModule {
    const providers = [{ provide: AppConfig, useValue: config }];
    return { module: TestConfig, providers, exports: [AppConfig] };
  }
}

/** Periods, invoices and their collection as production puts them together, on a database of their own. */
export interface InvoicingWorld {
  app: INestApplicationContext;
  url: string;
  pool: Pool;
  periods: PeriodsService;
  rollup: RollupService;
  get: <Service>(service: Type<Service>) => Service;
  /** Every rule of the books that is broken, after all that waits was told; empty while they are right. */
  violations: () => Promise<{ id: string; sample: string[] }[]>;
  drop: () => Promise<void>;
}

export async function createInvoicing(
  over: Record<string, string> = {},
  modules: Type[] = [],
): Promise<InvoicingWorld> {
  const test = await createTestDatabase();
  const world = await startInvoicing(test.url, over, modules);
  const drop = async (): Promise<void> => {
    await world.drop();
    await test.drop();
  };
  return { ...world, drop };
}

/** The same on a database that is there already; `drop` leaves it. */
export async function startInvoicing(
  url: string,
  over: Record<string, string> = {},
  modules: Type[] = [],
): Promise<InvoicingWorld> {
  const config = new AppConfig(testEnvironment(url, over));
  @Module({
    imports: [TestConfig.of(config), DatabaseModule, InvoicingModule, NotificationsModule, ...modules],
    providers: [AuditService],
  })
  class TestWorld {}
  const app = await NestFactory.createApplicationContext(TestWorld, { logger: false, abortOnError: false });
  const get = <Service>(service: Type<Service>): Service => app.get(service, { strict: false });
  const violations = async () => {
    // What is to be told is told first, as the worker would have done long before.
    await get(OutboxDispatcher).run();
    const results = await get(AuditService).run();
    return results.filter((check) => check.violations > 0).map(({ id, sample }) => ({ id, sample }));
  };
  return {
    app,
    url,
    pool: get(Database).pool,
    periods: get(PeriodsService),
    rollup: get(RollupService),
    get,
    violations,
    drop: () => app.close(),
  };
}

/** Travels to an instant, closes the periods that are over, and issues their invoices when drafts have rested long enough. */
export async function endMonthOf(
  world: InvoicingWorld,
  instant: string,
  restMs = 61 * 60_000,
): Promise<void> {
  await travelTo(world.pool, instant);
  await world.periods.closeDue();
  await travelTo(world.pool, new Date(new Date(instant).getTime() + restMs).toISOString());
  await world.get(FinalizationService).finalizeDue();
}

export interface CustomerTerms extends TenantOptions {
  mode?: 'prepaid' | 'postpaid';
  country?: string;
  vatId?: string;
  netDays?: number;
  legalEntityId?: string;
}

/** A customer with billing terms; postpaid with a credit limit of a thousand unless they say otherwise. */
export async function createCustomer(pool: Pool, terms: CustomerTerms = {}): Promise<Tenant> {
  const mode = terms.mode ?? 'postpaid';
  const overdraftNano = terms.overdraftNano ?? (mode === 'postpaid' ? 1_000_000_000_000n : 0n);
  const tenant = await createTenant(pool, { ...terms, overdraftNano });
  await pool.query('update organization set billing_mode = $2 where id = $1', [tenant.organizationId, mode]);
  await pool.query(
    `update billing_account set country = $2, vat_id = $3, net_days = $4, legal_entity_id = coalesce($5, legal_entity_id)
     where organization_id = $1`,
    [
      tenant.organizationId,
      terms.country ?? null,
      terms.vatId ?? null,
      terms.netDays ?? 0,
      terms.legalEntityId ?? null,
    ],
  );
  return tenant;
}

/** A seller; returns its id. Rates in parts per million by country. */
export async function createLegalEntity(
  pool: Pool,
  entity: { country: string; rates?: Record<string, number>; prefix: string; taxPoint?: 'sale' | 'use' },
): Promise<string> {
  const id = uuidv7();
  await pool.query(
    `insert into legal_entity (id, name, address, country, number_prefix, tax_point, auto_finalize_minutes)
     values ($1, 'Faregate GmbH', 'Weg 1, 10115 Berlin', $2, $3, $4, 60)`,
    [id, entity.country, entity.prefix, entity.taxPoint ?? 'sale'],
  );
  for (const [country, rate] of Object.entries(entity.rates ?? {})) {
    await pool.query('insert into tax_rate (legal_entity_id, country, rate_ppm) values ($1, $2, $3)', [
      id,
      country,
      rate,
    ]);
  }
  return id;
}

/** The organization's periods that are open, oldest first. */
export async function openPeriods(
  pool: Pool,
  { organizationId }: Pick<Tenant, 'organizationId'>,
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from billing_period where organization_id = $1 and status = 'open' order by starts_at`,
    [organizationId],
  );
  return rows.map(({ id }) => id);
}

/** Closes the organization's oldest open period, cutting it short when needed; returns its document's id, if any. */
export async function closeNow(world: InvoicingWorld, tenant: Tenant): Promise<string> {
  const [periodId = ''] = await openPeriods(world.pool, tenant);
  await world.periods.close(tenant.organizationId, periodId, { early: true });
  const { rows } = await world.pool.query<{ id: string }>(
    `select id from invoice where period_id = $1 and status <> 'void'`,
    [periodId],
  );
  return rows[0]?.id ?? '';
}
