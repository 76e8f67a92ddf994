import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

/** A corner of the run's Redis that no other test file sees, as long as every key starts with `prefix`. */
export interface TestRedis {
  url: string;
  /** For ioredis `keyPrefix`, BullMQ `prefix` and our own key names alike. */
  prefix: string;
  /** Removes every key under the prefix. */
  drop: () => Promise<void>;
}

/** Needs no await: nothing is made until the first key is written. */
export function createTestRedis(): TestRedis {
  const url = process.env['FAREGATE_TEST_REDIS_URL'];
  if (!url) throw new Error('no Redis: this test file belongs under test/, where the services are started');
  const prefix = `faregate-test-${randomBytes(6).toString('hex')}`;
  return { url, prefix, drop: () => removeKeys(url, prefix) };
}

async function removeKeys(url: string, prefix: string): Promise<void> {
  const client = new Redis(url);
  try {
    for await (const keys of client.scanStream({ match: `${prefix}*`, count: 500 }) as AsyncIterable<
      string[]
    >) {
      if (keys.length > 0) await client.unlink(keys);
    }
  } finally {
    client.disconnect();
  }
}
