import { SETTINGS, type Setting } from './settings.js';

/** Every problem of the environment at once, each naming the variable, what needs it and an example. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const MIN_SECRET_LENGTH = 32;

/** The configuration, read once at boot and never again. Absent optional values are undefined. */
export class AppConfig {
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  readonly redisPrefix: string;
  readonly host: string;
  readonly port: number;
  readonly metricsPort: number | undefined;
  readonly logLevel: string;
  readonly keyPepper: string;
  readonly credentialKey: string;
  readonly journalDir: string;
  readonly holdTtlSeconds: number;
  readonly drainMs: number;
  readonly drainNoticeMs: number;
  readonly maxBodyBytes: number;
  readonly upstreamConnectTimeoutMs: number;
  readonly upstreamFirstByteTimeoutMs: number;
  readonly upstreamIdleTimeoutMs: number;
  readonly upstreamTotalTimeoutMs: number;
  readonly slowReaderTimeoutMs: number;
  readonly upstreamConnections: number;
  readonly databasePool: number;
  readonly rollupBatch: number;

  /** Throws ConfigError when the environment is not usable. */
  constructor(env: Record<string, string | undefined>) {
    const values = readSettings(env);
    const text = (name: string) => values.get(name) ?? '';
    const integer = (name: string) => Number(text(name));
    const optional = (name: string) => values.get(name);
    this.databaseUrl = text('DATABASE_URL');
    this.redisUrl = optional('REDIS_URL');
    this.redisPrefix = text('REDIS_PREFIX');
    this.host = text('HOST');
    this.port = integer('PORT');
    this.metricsPort = optional('METRICS_PORT') === undefined ? undefined : integer('METRICS_PORT');
    this.logLevel = text('LOG_LEVEL');
    this.keyPepper = text('KEY_PEPPER');
    this.credentialKey = text('CREDENTIAL_KEY');
    this.journalDir = text('JOURNAL_DIR');
    this.holdTtlSeconds = integer('HOLD_TTL_SECONDS');
    this.drainMs = integer('DRAIN_SECONDS') * 1_000;
    this.drainNoticeMs = integer('DRAIN_NOTICE_SECONDS') * 1_000;
    this.maxBodyBytes = integer('MAX_BODY_BYTES');
    this.upstreamConnectTimeoutMs = integer('UPSTREAM_CONNECT_TIMEOUT_MS');
    this.upstreamFirstByteTimeoutMs = integer('UPSTREAM_FIRST_BYTE_TIMEOUT_MS');
    this.upstreamIdleTimeoutMs = integer('UPSTREAM_IDLE_TIMEOUT_MS');
    this.upstreamTotalTimeoutMs = integer('UPSTREAM_TOTAL_TIMEOUT_MS');
    this.slowReaderTimeoutMs = integer('SLOW_READER_TIMEOUT_MS');
    this.upstreamConnections = integer('UPSTREAM_CONNECTIONS');
    this.databasePool = integer('DATABASE_POOL');
    this.rollupBatch = integer('ROLLUP_BATCH');
  }
}

/**
 * The value of every setting that has one. A secret is judged by its length wherever it is used; being
 * guessable on a public address is the largest exposure gateways of this kind have shown.
 */
function readSettings(env: Record<string, string | undefined>): Map<string, string> {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const setting of SETTINGS as readonly Setting[]) {
    const given = env[setting.name];
    const value = given === undefined || given === '' ? setting.fallback : given;
    if (value === undefined) {
      if (!setting.optional) problems.push(problem(setting, 'is missing'));
      continue;
    }
    const wrong = judge(setting, value);
    if (wrong) problems.push(problem(setting, wrong));
    else values.set(setting.name, value);
  }
  if (values.get('KEY_PEPPER') !== undefined && values.get('KEY_PEPPER') === values.get('CREDENTIAL_KEY')) {
    problems.push('CREDENTIAL_KEY must not equal KEY_PEPPER: one secret, one purpose.');
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return values;
}

const problem = (setting: Setting, what: string): string =>
  `${setting.name} ${what}. It is needed by ${setting.neededBy}. Example: ${setting.name}=${setting.example}`;

/** What is wrong with a value, or undefined. */
function judge(setting: Setting, value: string): string | undefined {
  switch (setting.kind) {
    case 'integer': {
      const ok = /^\d{1,15}$/.test(value);
      const inRange = ok && Number(value) >= (setting.min ?? 0) && Number(value) <= (setting.max ?? Infinity);
      return inRange
        ? undefined
        : `must be a whole number from ${setting.min ?? 0} to ${setting.max ?? 'any'}, not "${value}"`;
    }
    case 'secret':
      if (value.length < MIN_SECRET_LENGTH) return `must have at least ${MIN_SECRET_LENGTH} characters`;
      return new Set(value).size < 8 ? 'is too easy to guess' : undefined;
    case 'url':
      return URL.canParse(value) ? undefined : 'must be a URL';
    case 'flag':
      return value === 'true' || value === 'false' ? undefined : 'must be true or false';
    case 'text':
      return undefined;
  }
}
