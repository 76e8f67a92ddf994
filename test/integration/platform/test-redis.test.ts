import { Redis } from 'ioredis';
import { createTestRedis } from '../../support/redis.js';

describe('the Redis of a test run', () => {
  it('keeps the keys of two test files apart and removes its own', async () => {
    const [one, other] = [createTestRedis(), createTestRedis()];
    const client = new Redis(one.url);
    await client.set(`${one.prefix}:a`, '1');
    await client.set(`${other.prefix}:a`, '2');
    await one.drop();
    expect(await client.mget(`${one.prefix}:a`, `${other.prefix}:a`)).toEqual([null, '2']);
    await other.drop();
    client.disconnect();
  });
});
