/**
 * The import table: which room may import which. Requests and money only ever walk downwards, and what touches the
 * outside says so in its file name. `npm run check:imports` runs it; test/architecture proves that it looks at
 * every file (this parser reads TypeScript 7; the default one would read nothing and pass).
 */

/** Everything a room may import besides itself. A room that is not here may not exist. */
const ROOMS = {
  core: [],
  platform: ['core'],
  protocols: ['core'],
  providers: ['protocols', 'catalog/model', 'core', 'platform'],
  catalog: ['core', 'platform'],
  accounts: ['core', 'platform'],
  auth: ['accounts', 'core', 'platform'],
  search: ['protocols/completion', 'core', 'platform'],
  routing: ['catalog', 'providers', 'protocols/completion', 'protocols/protocol', 'core', 'platform'],
  admission: [
    'auth/principal',
    'auth/key-rights',
    'billing/holds',
    'catalog',
    'protocols/completion',
    'protocols/media',
    'core',
    'platform',
  ],
  // prettier-ignore
  metering: [
    'auth/principal', 'billing/holds', 'catalog', 'protocols/completion', 'protocols/media', 'core', 'platform',
  ],
  telemetry: ['billing/holds', 'catalog', 'metering', 'routing', 'core', 'platform'],
  // prettier-ignore
  gateway: [
    'auth', 'admission', 'routing', 'protocols', 'providers', 'metering', 'telemetry', 'search', 'catalog', 'core',
    'platform',
  ],
};

/** Inside billing: holds and ledger are the ground, the rest is built on it, floor by floor. */
const BILLING = {
  holds: [],
  ledger: [],
  rollup: ['ledger'],
  usage: ['rollup', 'ledger'],
  'key-account': ['usage'],
  credits: ['holds', 'ledger', 'rollup'],
  outbox: [],
  gauges: [],
  notifications: ['outbox'],
  payments: ['outbox', 'credits', 'ledger'],
  invoicing: ['payments', 'outbox', 'notifications', 'credits', 'rollup', 'ledger'],
  topups: ['invoicing', 'payments', 'outbox', 'credits', 'ledger'],
  pricing: [],
  corrections: ['invoicing', 'rollup', 'ledger'],
  exports: ['usage', 'rollup', 'ledger', 'invoicing', 'payments'],
  reconciliation: ['usage', 'rollup', 'ledger'],
  audit: [
    'holds',
    'ledger',
    'rollup',
    'credits',
    'invoicing',
    'payments',
    'topups',
    'reconciliation',
    'outbox',
    'notifications',
  ],
  probes: ['ledger'],
  cleanup: ['holds', 'ledger', 'rollup', 'usage', 'exports'],
};
const BILLING_GROUND = ['accounts', 'catalog', 'core', 'platform'];

/** A file with one of these before `.ts` may touch Nest or the outside. */
const ROLES =
  '\\.(module|controller|guard|strategy|filter|decorator|dto|service|processor|repository|store|client|gateway)\\.ts$';
/** Files that only put others together. */
const COMPOSITION = ['\\.module\\.ts$', '^src/(main|api|worker|cli)(\\.ts$|/)', '^src/embedded/'];
const GENERATED = '^src/platform/prisma/generated/';
const SPEC = '\\.spec\\.ts$';

/**
 * `http`, `express` and `undici`, whose types describe what a pure file is given, and `net`, part of which only computes,
 * are not here: this parser sees neither types nor names, test/architecture/source-rules.test.ts does.
 */
const OUTSIDE = [
  '^node_modules/(@nestjs|@prisma|@bull-board|pg|pg-[^/]+|ioredis|bullmq|pino|prom-client|passport[^/]*)/',
  '^(fs|https|http2|tls|dns|dgram|child_process|cluster|worker_threads)(/|$)',
];

/** `protocols/completion` is a file, or a folder; so is everything else in the tables. */
const place = (name) => `^src/${name}(/|\\.ts$)`;

const downwards = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: [SPEC, GENERATED, ...COMPOSITION] },
  to: { path: '^src/', pathNot: allowed },
});

const roomRules = Object.entries(ROOMS).map(([room, allowed]) =>
  downwards(`${room}-imports-downwards`, place(room), [room, ...allowed].map(place)),
);
const billingRules = Object.entries(BILLING).map(([room, allowed]) =>
  downwards(`billing-${room}-imports-downwards`, place(`billing/${room}`), [
    '^src/billing/[^/]+\\.ts$',
    ...[room, ...allowed].map((name) => place(`billing/${name}`)),
    ...BILLING_GROUND.map(place),
  ]),
);

const ENTRY_POINTS = [
  'src/main.ts',
  'src/worker.ts',
  'src/cli.ts',
  'src/embedded/start.ts',
  'src/embedded/cli.ts',
  // Loaded by a flag of Node into what npm start starts.
  'src/embedded/end-with-parent.ts',
  // Run by scripts/write-catalogue-page.mjs.
  'src/catalog/seed/catalogue-page.ts',
  // Run by scripts/write-settings-page.mjs.
  'src/platform/config/settings-page.ts',
];
const exactly = (file) => `^${file.replaceAll('.', '\\.')}$`;

module.exports = {
  forbidden: [
    ...roomRules,
    ...billingRules,
    downwards('billing-words-are-ground', '^src/billing/[^/]+\\.ts$', [
      '^src/billing/[^/]+\\.ts$',
      ...BILLING_GROUND.map(place),
    ]),
    {
      name: 'no-unlisted-room',
      comment: 'a new room is first written into the table, with what it may import',
      severity: 'error',
      from: { pathNot: [SPEC, GENERATED] },
      to: {
        path: '^src/.+/',
        pathNot: [
          ...Object.keys(ROOMS).map(place),
          `^src/billing/(${Object.keys(BILLING).join('|')})/`,
          '^src/billing/[^/]+\\.ts$',
          '^src/embedded/',
          '^src/cli/',
        ],
      },
    },
    {
      name: 'embedded-is-imported-by-nothing',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/embedded/' },
      to: { path: '^src/embedded/' },
    },
    {
      name: 'simulator-knows-no-codec',
      comment: 'built of the code under test, it would make the same mistakes and agree',
      severity: 'error',
      from: { path: '^src/embedded/simulator' },
      to: { path: '^src/', pathNot: ['^src/embedded/', place('core')] },
    },
    {
      name: 'the-suffix-is-the-rule',
      comment: 'a file without a role in its name is pure: no Nest, no database, no network, no files',
      severity: 'error',
      from: { path: '^src/', pathNot: [ROLES, SPEC, '^src/platform/', ...COMPOSITION] },
      to: { path: OUTSIDE },
    },
    {
      name: 'only-repositories-see-prisma',
      severity: 'error',
      from: { path: '^src/', pathNot: ['\\.repository\\.ts$', '\\.module\\.ts$', '^src/platform/prisma/'] },
      to: { path: ['^src/platform/prisma/', '^node_modules/@prisma/'] },
    },
    {
      name: 'no-barrel-but-a-protocol',
      severity: 'error',
      from: {},
      to: { path: '^src/.*index\\.ts$', pathNot: '^src/protocols/[^/]+/index\\.ts$' },
    },
    { name: 'no-cycle', severity: 'error', from: { pathNot: GENERATED }, to: { circular: true } },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: { path: '^src/', pathNot: GENERATED },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-tools-in-production',
      severity: 'error',
      from: { path: '^src/', pathNot: [SPEC, GENERATED] },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '^node_modules/(@types|express)/',
      },
    },
    // Nothing is written and then forgotten: every file serves one of the programs.
    {
      name: 'no-dead-file',
      comment: 'every file is reached from an entry point, or is one',
      severity: 'error',
      from: { path: ENTRY_POINTS.map(exactly) },
      to: { path: '^src/', pathNot: [SPEC, GENERATED, ...ENTRY_POINTS.map(exactly)], reachable: false },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['^node_modules', GENERATED] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs'],
    },
  },
};
