import { AppConfig } from '../../src/platform/config/app-config.js';
import { Database } from '../../src/platform/database/database.service.js';
import { Snapshot } from '../../src/platform/database/snapshot.service.js';
import { AuditService } from '../../src/billing/audit/audit.service.js';
import { CreditsRepository } from '../../src/billing/credits/credits.repository.js';
import { CreditsService } from '../../src/billing/credits/credits.service.js';
import { ExpiryService } from '../../src/billing/credits/expiry.service.js';
import { LedgerRepository } from '../../src/billing/ledger/ledger.repository.js';
import { LedgerService } from '../../src/billing/ledger/ledger.service.js';
import { RollupRepository } from '../../src/billing/rollup/rollup.repository.js';
import { RollupService } from '../../src/billing/rollup/rollup.service.js';
import { AuditLogRepository } from '../../src/platform/audit/audit-log.repository.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import type { Pool } from 'pg';

/** A complete, valid environment for one test database. */
export const testEnvironment = (databaseUrl: string, over: Record<string, string> = {}) => ({
  DATABASE_URL: databaseUrl,
  KEY_PEPPER: 'pepper-pepper-pepper-0123456789-abcdef',
  CREDENTIAL_KEY: 'secret-secret-secret-0123456789-abcdef',
  ...over,
});

/** The money services of one process on one database, made by hand so that tests can have several of them. */
export class BillingServices {
  readonly config: AppConfig;
  readonly database: Database;
  readonly ledger = new LedgerRepository();
  readonly journal = new LedgerService(this.ledger);
  readonly rollup: RollupService;
  readonly credits: CreditsService;
  readonly expiry: ExpiryService;
  readonly audit: AuditService;

  constructor(databaseUrl: string, over: Record<string, string> = {}) {
    this.config = new AppConfig(testEnvironment(databaseUrl, over));
    this.database = new Database(this.config);
    this.rollup = new RollupService(
      this.config,
      this.database,
      new RollupRepository(),
      this.ledger,
      this.journal,
    );
    const credits = new CreditsRepository(this.database);
    const auditLog = new AuditLogRepository(this.database);
    this.credits = new CreditsService(this.database, credits, this.journal, auditLog);
    this.expiry = new ExpiryService(this.database, credits, this.rollup, this.ledger, this.journal);
    this.audit = new AuditService(new Snapshot(this.config));
  }

  get pool(): Pool {
    return this.database.pool;
  }

  close(): Promise<void> {
    return this.database.onApplicationShutdown();
  }
}

/** A fresh database with one set of services; `drop` closes both. */
export async function createBilling(
  over: Record<string, string> = {},
): Promise<BillingServices & { test: TestDatabase; drop: () => Promise<void> }> {
  const test = await createTestDatabase();
  const services = new BillingServices(test.url, over);
  const drop = async (): Promise<void> => {
    await services.close();
    await test.drop();
  };
  return Object.assign(services, { test, drop });
}
