import { AppConfig, ConfigError } from './app-config.js';
import { listenFailure } from './listen-failure.js';

const BASE = {
  DATABASE_URL: 'postgresql://postgres@127.0.0.1:5432/faregate',
  KEY_PEPPER: 'a pepper for tests, 0123456789 abcdefghij',
  CREDENTIAL_KEY: 'another secret for tests, 9876543210 zyx',
};

it.each([
  ['DATABASE_URL', 'nonsense', 'must be a URL'],
  ['DATABASE_URL', 'mysql://x/y', 'must begin with postgresql:// or postgres://'],
  ['REDIS_URL', 'nonsense', 'must be a URL'],
  ['REDIS_URL', 'http://redis:6379', 'must begin with redis:// or rediss://'],
  ['PORT', 'abc', 'must be a whole number'],
  ['LOG_LEVEL', 'loud', 'must be one of'],
  ['KEY_PEPPER', 'short', 'must have at least 32 characters'],
  ['KEY_PEPPER', 'abcdefgh'.repeat(5), 'is too easy to guess'],
  ['CREDENTIAL_KEY', 'change-me-change-me-0123456789-abcdef', 'is too easy to guess'],
])('%s=%s is refused, with what needs it and an example', (name, value, wrong) => {
  const start = () => new AppConfig({ ...BASE, [name]: value });
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(
    new RegExp(`^${name} ${wrong}.*It is needed by .*Example: ${name}=`.replaceAll('/', '\\/')),
  );
});

it.each([
  ['DATABASE_URL', 'postgres://u:p@db/x'],
  ['DATABASE_URL', 'postgresql:///x?host=/var/run/postgresql'],
  ['REDIS_URL', 'rediss://:secret@redis:6380/2'],
])('%s=%s is taken', (name, value) => {
  expect(() => new AppConfig({ ...BASE, [name]: value })).not.toThrow();
});

it('a taken port is named, with another to try; other failures stay as they are', () => {
  const taken = Object.assign(new Error('listen'), { code: 'EADDRINUSE' });
  expect(listenFailure(taken, '127.0.0.1', 8080).message).toBe(
    'PORT 8080 on 127.0.0.1 is taken; choose another, for example PORT=8081',
  );
  const denied = Object.assign(new Error('listen'), { code: 'EACCES' });
  expect(listenFailure(denied, '127.0.0.1', 80)).toBe(denied);
});
