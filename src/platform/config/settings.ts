/** Every environment variable the product reads, in one table: validation, documentation and printing use it. */
export interface Setting {
  name: string;
  kind: 'text' | 'integer' | 'secret' | 'url' | 'flag';
  /** What needs it, for the message when it is missing or wrong. */
  neededBy: string;
  example: string;
  /** Used when the variable is unset; a setting without default and without `optional` is required. */
  fallback?: string;
  optional?: boolean;
  min?: number;
  max?: number;
}

export const SETTINGS = [
  {
    name: 'DATABASE_URL',
    kind: 'url',
    neededBy: 'everything: PostgreSQL holds all money and settings',
    example: 'postgresql://faregate:secret@db:5432/faregate',
  },
  {
    name: 'REDIS_URL',
    kind: 'url',
    neededBy: 'the queue and shared counters of several instances',
    example: 'redis://redis:6379',
    optional: true,
  },
  {
    name: 'REDIS_PREFIX',
    kind: 'text',
    neededBy: 'keeping apart several installations on one Redis',
    example: 'faregate',
    fallback: 'faregate',
  },
  { name: 'HOST', kind: 'text', neededBy: 'the API listener', example: '0.0.0.0', fallback: '127.0.0.1' },
  {
    name: 'PORT',
    kind: 'integer',
    neededBy: 'the API listener',
    example: '8080',
    fallback: '8080',
    min: 0,
    max: 65_535,
  },
  {
    name: 'METRICS_PORT',
    kind: 'integer',
    neededBy: 'a listener of its own for /metrics and the health checks',
    example: '9090',
    optional: true,
    min: 0,
    max: 65_535,
  },
  { name: 'LOG_LEVEL', kind: 'text', neededBy: 'logging', example: 'info', fallback: 'info' },
  {
    name: 'KEY_PEPPER',
    kind: 'secret',
    neededBy: 'hashing API keys; changing it invalidates every key',
    example: '48 random characters',
  },
  {
    name: 'CREDENTIAL_KEY',
    kind: 'secret',
    neededBy: 'encrypting provider credentials',
    example: '48 random characters',
  },
  {
    name: 'JOURNAL_DIR',
    kind: 'text',
    neededBy: 'settlements that have not reached the database; must survive a restart',
    example: '/var/lib/faregate/journal',
    fallback: '.faregate/journal',
  },
  {
    name: 'HOLD_TTL_SECONDS',
    kind: 'integer',
    neededBy: 'how long money stays held for a process that died',
    example: '900',
    fallback: '900',
    min: 1,
    max: 86_400,
  },
  {
    name: 'DRAIN_SECONDS',
    kind: 'integer',
    neededBy: 'the grace period for running streams on SIGTERM',
    example: '30',
    fallback: '30',
    min: 0,
    max: 3_600,
  },
  {
    name: 'DRAIN_NOTICE_SECONDS',
    kind: 'integer',
    neededBy: 'how long /readyz says no before the listener closes, so that a balancer sees it',
    example: '5',
    fallback: '0',
    min: 0,
    max: 300,
  },
  {
    name: 'MAX_BODY_BYTES',
    kind: 'integer',
    neededBy: 'the largest inference request',
    example: '33554432',
    fallback: '33554432',
    min: 1_024,
    max: 268_435_456,
  },
  {
    name: 'UPSTREAM_CONNECT_TIMEOUT_MS',
    kind: 'integer',
    neededBy: 'upstream calls',
    example: '3000',
    fallback: '3000',
    min: 1,
    max: 60_000,
  },
  {
    name: 'UPSTREAM_FIRST_BYTE_TIMEOUT_MS',
    kind: 'integer',
    neededBy: 'upstream calls',
    example: '60000',
    fallback: '60000',
    min: 1,
    max: 900_000,
  },
  {
    name: 'UPSTREAM_IDLE_TIMEOUT_MS',
    kind: 'integer',
    neededBy: 'upstream streams that fall silent',
    example: '120000',
    fallback: '120000',
    min: 1,
    max: 900_000,
  },
  {
    name: 'UPSTREAM_TOTAL_TIMEOUT_MS',
    kind: 'integer',
    neededBy: 'upstream calls',
    example: '1800000',
    fallback: '1800000',
    min: 1,
    max: 7_200_000,
  },
  {
    name: 'SLOW_READER_TIMEOUT_MS',
    kind: 'integer',
    neededBy: 'cutting clients that stop reading',
    example: '60000',
    fallback: '60000',
    min: 1,
    max: 900_000,
  },
  {
    name: 'UPSTREAM_CONNECTIONS',
    kind: 'integer',
    neededBy: 'the pool of each provider',
    example: '2048',
    fallback: '2048',
    min: 1,
    max: 65_535,
  },
  {
    name: 'DATABASE_POOL',
    kind: 'integer',
    neededBy: 'connections for the admin API and lists',
    example: '10',
    fallback: '10',
    min: 1,
    max: 500,
  },
  {
    name: 'ROLLUP_BATCH',
    kind: 'integer',
    neededBy: 'events per rollup transaction',
    example: '2000',
    fallback: '2000',
    min: 1,
    max: 100_000,
  },
] as const satisfies readonly Setting[];
