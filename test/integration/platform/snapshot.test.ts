import { AppConfig } from '../../../src/platform/config/app-config.js';
import { Snapshot } from '../../../src/platform/database/snapshot.service.js';
import { testEnvironment } from '../../support/billing.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { startTcpProxy, through, type TcpProxy } from '../../support/tcp-proxy.js';

describe('a snapshot of a database that falls silent', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let snapshot: Snapshot;
  beforeAll(async () => {
    database = await createTestDatabase();
    const { hostname, port } = new URL(database.url);
    proxy = await startTcpProxy({ host: hostname, port: Number(port || 5432) });
    snapshot = new Snapshot(new AppConfig(testEnvironment(through(proxy, database.url))));
  });
  beforeEach(() => proxy.set('pass'));
  afterAll(async () => {
    await proxy.close();
    await database.drop();
  });

  it('is given up within five seconds when it cannot be opened', async () => {
    proxy.set('pause');
    await expect(snapshot.read(() => Promise.resolve(1))).rejects.toThrow(/timeout/);
  }, 8_000);

  it('is left without a goodbye', async () => {
    const work = async (): Promise<never> => {
      proxy.set('pause');
      return Promise.reject(new Error('the work is over'));
    };
    await expect(snapshot.read(work)).rejects.toThrow('the work is over');
  }, 4_000);
});
