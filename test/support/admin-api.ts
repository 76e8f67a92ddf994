import type { Server } from 'node:http';
import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request, { type Response } from 'supertest';
import { AccountsModule } from '../../src/accounts/accounts.module.js';
import { AdminKeysService } from '../../src/accounts/admin-keys/admin-keys.service.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { systemActor } from '../../src/platform/audit/audit-log.repository.js';
import { AppConfig } from '../../src/platform/config/app-config.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { ADMIN_ROLES, type AdminRole } from '../../src/platform/http/access.decorator.js';
import { adminBodyParser } from '../../src/platform/http/admin-body.js';
import { AdminHttpModule } from '../../src/platform/http/admin-http.module.js';
import { setUpOpenApi } from '../../src/platform/http/openapi.js';
import { giveRequestId } from '../../src/platform/http/request-id.js';
import { createTestDatabase, runSql } from './database.js';

export const TEST_SECRETS = {
  KEY_PEPPER: 'a pepper for tests, 0123456789 abcdefghij',
  CREDENTIAL_KEY: 'another secret for tests, 9876543210 zyx',
};

type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

/** One call of an admin; `path` starts behind /admin/v1, unless it starts with /finance. */
export interface AdminCall {
  method: Method;
  path: string;
  body?: unknown;
  role?: AdminRole;
  headers?: Record<string, string>;
}

/** supertest leaves the type of a body open: what a test expects of it is the test's business. */
export type AdminAnswer = Pick<Response, 'status' | 'body' | 'headers' | 'text'>;

export interface AdminApi {
  app: NestExpressApplication;
  databaseUrl: string;
  /** A usable secret of each role. */
  secrets: Record<AdminRole, string>;
  call: (call: AdminCall) => Promise<AdminAnswer>;
  get: (path: string, role?: AdminRole) => Promise<AdminAnswer>;
  post: (path: string, body?: unknown, role?: AdminRole) => Promise<AdminAnswer>;
  patch: (path: string, body?: unknown, role?: AdminRole) => Promise<AdminAnswer>;
  sql: (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
  close: () => Promise<void>;
}

@Global()
@Module({})
class TestConfigModule {
  static of(config: AppConfig): DynamicModule {
    const providers = [{ provide: AppConfig, useValue: config }];
    return { module: TestConfigModule, providers, exports: [AppConfig] };
  }
}

/**
 * The admin side as production puts it together – guard, pipe, filter, interceptor, body parser – of the accounts
 * room and the modules given, on a database of its own.
 */
export async function startAdminApi(
  modules: (Type | DynamicModule)[] = [],
  env: Record<string, string> = {},
): Promise<AdminApi> {
  const database = await createTestDatabase();
  const config = new AppConfig({ DATABASE_URL: database.url, DATABASE_POOL: '8', ...TEST_SECRETS, ...env });
  @Module({
    imports: [
      TestConfigModule.of(config),
      DatabaseModule,
      AdminHttpModule,
      AuthModule,
      AccountsModule,
      ...modules,
    ],
  })
  class TestApi {}
  const app = await NestFactory.create<NestExpressApplication>(TestApi, {
    bodyParser: false,
    logger: process.env['FAREGATE_TEST_LOG'] === undefined ? false : ['error', 'warn'],
    abortOnError: false,
  });
  app.use(giveRequestId);
  app.use(['/admin', '/finance'], adminBodyParser());
  setUpOpenApi(app);
  // One listener for the whole file: supertest would open one for each call.
  await app.listen(0, '127.0.0.1');
  const secrets = await createAdminKeys(app);
  const call = caller(app.getHttpServer() as Server, secrets);
  const short =
    (method: Method) =>
    (path: string, body?: unknown, role: AdminRole = 'admin') =>
      call({ method, path, body, role });
  return {
    app,
    databaseUrl: database.url,
    secrets,
    call,
    get: (path, role = 'auditor') => call({ method: 'get', path, role }),
    post: short('post'),
    patch: short('patch'),
    sql: (text, values) => runSql(database.url, text, values),
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}

function caller(server: Server, secrets: Record<AdminRole, string>) {
  return async ({ method, path, body, role = 'admin', headers = {} }: AdminCall): Promise<AdminAnswer> => {
    const url = path.startsWith('/finance') ? path : `/admin/v1${path}`;
    const sent = request(server)[method](url).set('authorization', `Bearer ${secrets[role]}`).set(headers);
    return body === undefined ? sent : sent.send(body as object);
  };
}

async function createAdminKeys(app: NestExpressApplication): Promise<Record<AdminRole, string>> {
  const keys = app.get(AdminKeysService);
  const secrets: Partial<Record<AdminRole, string>> = {};
  for (const role of ADMIN_ROLES) {
    secrets[role] = (await keys.create(systemActor('test'), { name: `test ${role}`, role })).secret;
  }
  return secrets as Record<AdminRole, string>;
}
