import { AuditService } from '../../src/billing/audit/audit.service.js';
import { AppConfig } from '../../src/platform/config/app-config.js';
import { Snapshot } from '../../src/platform/database/snapshot.service.js';
import { testEnvironment } from './billing.js';

/** The books checks that find something, with where; empty while the books are right. */
export async function brokenBooks(databaseUrl: string): Promise<string[]> {
  const audit = new AuditService(new Snapshot(new AppConfig(testEnvironment(databaseUrl))));
  return (await audit.run()).flatMap(({ id, title, violations, sample }) =>
    violations > 0 ? [`${id} ${title}: ${violations} (${sample.join(', ')})`] : [],
  );
}
