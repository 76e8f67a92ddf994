import { ConfigError } from '../../../src/platform/config/app-config.js';
import { explainFailure, findConnectionProblem } from '../../../src/platform/database/start-failure.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

describe('why a program could not do its work', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it.each([
    ['nobody listens', 'postgresql://u:hidden@127.0.0.1:1/x', '127.0.0.1:1 (connect ECONNREFUSED'],
    ['the name is unknown', 'postgresql://u:hidden@nowhere.invalid/x', 'nowhere.invalid:5432 (getaddrinfo'],
  ])('names DATABASE_URL and the host when %s, never the password', async (_, url, expected) => {
    const problem = await findConnectionProblem(url);
    expect(problem).toContain(`DATABASE_URL: cannot connect to ${expected}`);
    expect(problem).not.toContain('hidden');
  });

  it('names DATABASE_URL when the server does not know the role', async () => {
    const url = new URL(database.url);
    [url.username, url.password] = ['nobody_here', 'hidden'];
    const problem = await explainFailure(new Error('anything'), url.href);
    expect(problem).toMatch(/^DATABASE_URL: cannot connect to \S+:\d+ \(.*nobody_here.*\)$/);
    expect(problem).not.toContain('hidden');
  });

  it('is the message alone when the settings are wrong, and the stack when it is our own fault', async () => {
    expect(await explainFailure(new ConfigError('PORT is wrong'), undefined)).toBe('PORT is wrong');
    const fault = new Error('a fault');
    expect(await explainFailure(fault, database.url)).toBe(fault.stack);
  });
});
