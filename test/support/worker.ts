import { Global, Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BillingWorkerModule } from '../../src/billing/billing-worker.module.js';
import { RollupNudgeModule } from '../../src/billing/holds/rollup-nudge.module.js';
import { SWEEP_QUIET_MS } from '../../src/billing/holds/sweep.service.js';
import { AppConfig } from '../../src/platform/config/app-config.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { testEnvironment } from './billing.js';

@Global()
@Module({})
class TestConfigModule {
  static of(environment: Record<string, string>): DynamicModule {
    return {
      module: TestConfigModule,
      providers: [{ provide: AppConfig, useValue: new AppConfig(environment) }],
      exports: [AppConfig],
    };
  }
}

/** A worker process's modules, running inside the test. `close()` ends it as SIGTERM would. */
export async function startWorker(
  databaseUrl: string,
  environment: Record<string, string> = {},
  sweepQuietMs = 0,
): Promise<INestApplicationContext> {
  const config = TestConfigModule.of(testEnvironment(databaseUrl, environment));
  const module = await Test.createTestingModule({ imports: [config, DatabaseModule, BillingWorkerModule] })
    .overrideProvider(SWEEP_QUIET_MS)
    .useValue(sweepQuietMs)
    .setLogger(silent)
    .compile();
  return module.init();
}

/** The part of an API process that wakes the worker. */
export async function startNudger(
  databaseUrl: string,
  environment: Record<string, string> = {},
): Promise<INestApplicationContext> {
  const config = TestConfigModule.of(testEnvironment(databaseUrl, environment));
  const module = await Test.createTestingModule({ imports: [config, RollupNudgeModule] })
    .setLogger(silent)
    .compile();
  return module.init();
}

const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** Resolves when `holds` answers true; throws after `timeoutMs`. */
export async function waitUntil(holds: () => Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const until = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`did not happen within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
