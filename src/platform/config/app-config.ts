import type { BlockList } from 'node:net';
import { addressList } from '../http/client-address.js';
import type { Setting } from './setting.js';
import { SETTINGS } from './settings.js';
import { weaknessOf } from './weak-secret.js';
import { tracingOf, type TracingConfig } from './tracing-config.js';

/** Every problem of the environment at once, each naming the variable, what needs it and an example. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Where octen_search looks. */
export interface SearchConfig {
  backend: 'embedded' | 'octen' | 'searxng';
  /** Address of the search service, without a trailing slash; unused by the embedded backend. */
  url: string;
  apiKey: string | undefined;
  timeoutMs: number;
}

/** Octen's own address (docs.octen.ai). */
const OCTEN_URL = 'https://api.octen.ai';

/** How Stripe is reached; there only when its key is. */
export interface StripeConfig {
  secretKey: string;
  webhookSecret: string;
  apiUrl: URL;
  timeoutMs: number;
}

/** Where the operator is told what the nightly checks find. */
export interface OperatorConfig {
  /** Empty: no e-mail. */
  emails: string[];
  webhook: { url: string; secret: string } | undefined;
}

/** How e-mail leaves; without `smtpUrl` it is written to files in `dir`. */
export interface MailConfig {
  smtpUrl: string | undefined;
  dir: string;
  from: string;
}

/** Where files of background exports are kept, and for how long. */
export interface ExportsConfig {
  dir: string;
  keepHours: number;
}

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
  /** Who decides whether an ejection ends: a customer's call, or a test call of the house. */
  readonly healthProbes: 'traffic' | 'active';
  readonly upstreamIdleTimeoutMs: number;
  readonly upstreamTotalTimeoutMs: number;
  readonly slowReaderTimeoutMs: number;
  readonly streamKeepAliveMs: number;
  readonly statusHeldMs: number;
  readonly abandonedAnswerMs: number;
  /** Whose X-Forwarded-For is believed; absent: nobody's. */
  readonly trustedProxies: BlockList | undefined;
  readonly maxRunningCalls: number;
  readonly maxEventLoopLagMs: number;
  readonly upstreamConnections: number;
  readonly databasePool: number;
  readonly rollupBatch: number;
  readonly search: SearchConfig;
  readonly stripe: StripeConfig | undefined;
  readonly mail: MailConfig;
  readonly operator: OperatorConfig;
  readonly exports: ExportsConfig;
  readonly webhooksAllowPrivate: boolean;
  /** Undefined: no traces. */
  readonly tracing: TracingConfig | undefined;

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
    this.healthProbes = text('HEALTH_PROBES') as AppConfig['healthProbes'];
    this.upstreamIdleTimeoutMs = integer('UPSTREAM_IDLE_TIMEOUT_MS');
    this.upstreamTotalTimeoutMs = integer('UPSTREAM_TOTAL_TIMEOUT_MS');
    this.slowReaderTimeoutMs = integer('SLOW_READER_TIMEOUT_MS');
    this.streamKeepAliveMs = integer('STREAM_KEEP_ALIVE_MS');
    this.statusHeldMs = integer('STATUS_HELD_MS');
    this.abandonedAnswerMs = integer('ABANDONED_ANSWER_MS');
    this.trustedProxies = proxiesOf(optional('TRUSTED_PROXIES'));
    this.maxRunningCalls = integer('MAX_RUNNING_CALLS');
    this.maxEventLoopLagMs = integer('MAX_EVENT_LOOP_LAG_MS');
    this.upstreamConnections = integer('UPSTREAM_CONNECTIONS');
    this.databasePool = integer('DATABASE_POOL');
    this.rollupBatch = integer('ROLLUP_BATCH');
    this.search = {
      backend: text('SEARCH_BACKEND') as SearchConfig['backend'],
      url: (optional('SEARCH_URL') ?? OCTEN_URL).replace(/\/+$/, ''),
      apiKey: optional('SEARCH_API_KEY'),
      timeoutMs: integer('SEARCH_TIMEOUT_MS'),
    };
    this.stripe = stripeOf(values);
    this.tracing = tracingOf(values);
    this.webhooksAllowPrivate = text('WEBHOOKS_ALLOW_PRIVATE') === 'true';
    this.exports = { dir: text('EXPORT_DIR'), keepHours: integer('EXPORT_KEEP_HOURS') };
    this.operator = operatorOf(optional);
    this.mail = { smtpUrl: optional('SMTP_URL'), dir: text('MAIL_DIR'), from: text('MAIL_FROM') };
  }
}

/**
 * The value of every setting that has one. A secret is judged wherever it is used; being
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
  const missing = missingForSearch(values);
  if (missing) problems.push(problem(missing, 'is missing'));
  problems.push(...problemsWithStripe(values));
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return values;
}

/** What the chosen search backend cannot do without. */
function missingForSearch(values: Map<string, string>): Setting | undefined {
  const needed = { octen: 'SEARCH_API_KEY', searxng: 'SEARCH_URL' }[values.get('SEARCH_BACKEND') ?? ''];
  if (needed === undefined || values.has(needed)) return undefined;
  return (SETTINGS as readonly Setting[]).find(({ name }) => name === needed);
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
      return weaknessOf(value);
    case 'url':
      return judgeUrl(setting, value);
    case 'flag':
      return value === 'true' || value === 'false' ? undefined : 'must be true or false';
    case 'text':
      return setting.words && !setting.words.includes(value)
        ? `must be one of ${setting.words.join(', ')}, not "${value}"`
        : undefined;
  }
}

function judgeUrl({ schemes }: Setting, value: string): string | undefined {
  if (!URL.canParse(value)) return 'must be a URL';
  if (!schemes || schemes.some((scheme) => value.startsWith(`${scheme}://`))) return undefined;
  return `must begin with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** An empty or guessable webhook secret would be free credit for anybody: with Stripe configured it must be there. */
function problemsWithStripe(values: Map<string, string>): string[] {
  const find = (name: string) => (SETTINGS as readonly Setting[]).find((setting) => setting.name === name);
  const [key, secret] = [values.get('STRIPE_SECRET_KEY'), values.get('STRIPE_WEBHOOK_SECRET')];
  const url = new URL(values.get('STRIPE_API_URL') ?? '');
  const problems: string[] = [];
  const needed = find('STRIPE_WEBHOOK_SECRET');
  if (key !== undefined && secret === undefined && needed) {
    problems.push(problem(needed, 'is missing, and STRIPE_SECRET_KEY is set'));
  }
  if (key !== undefined && key === secret) {
    problems.push('STRIPE_WEBHOOK_SECRET must not equal STRIPE_SECRET_KEY: one secret, one purpose.');
  }
  if (url.protocol !== 'https:' && !LOOPBACK.has(url.hostname)) {
    problems.push('STRIPE_API_URL must be https, unless it is of this machine.');
  }
  return problems;
}

/** Throws ConfigError when the webhook has a URL without a secret, or a secret that is none. */
function operatorOf(optional: (name: string) => string | undefined): OperatorConfig {
  const emails = (optional('OPERATOR_EMAILS') ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  const [url, secret] = [optional('OPERATOR_WEBHOOK_URL'), optional('OPERATOR_WEBHOOK_SECRET')];
  if (url === undefined) return { emails, webhook: undefined };
  if (secret === undefined || !/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(secret))
    throw new ConfigError(
      'OPERATOR_WEBHOOK_SECRET is needed with OPERATOR_WEBHOOK_URL: whsec_ and 24 bytes or more in base64. Example: whsec_$(openssl rand -base64 32)',
    );
  return { emails, webhook: { url, secret } };
}

function stripeOf(values: Map<string, string>): StripeConfig | undefined {
  const secretKey = values.get('STRIPE_SECRET_KEY');
  const webhookSecret = values.get('STRIPE_WEBHOOK_SECRET');
  if (secretKey === undefined || webhookSecret === undefined) return undefined;
  const timeoutMs = Number(values.get('STRIPE_TIMEOUT_MS'));
  return { secretKey, webhookSecret, apiUrl: new URL(values.get('STRIPE_API_URL') ?? ''), timeoutMs };
}

/** Throws ConfigError for what is neither an address nor a range. */
function proxiesOf(text: string | undefined): BlockList | undefined {
  if (text === undefined) return undefined;
  try {
    return addressList(text.split(',').map((range) => range.trim()));
  } catch (error) {
    throw new ConfigError(`TRUSTED_PROXIES: ${(error as Error).message}. Example: 10.0.0.0/8,fd00::/8`);
  }
}
