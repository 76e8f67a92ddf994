import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import { GatewayProcess } from '../../../src/billing/holds/gateway-process.service.js';
import type { RollupNudge } from '../../../src/billing/holds/rollup-nudge.service.js';
import { JournalReplay } from '../../../src/metering/journal-replay.service.js';
import { SettlementJournal } from '../../../src/metering/settlement-journal.store.js';
import { SettlementQueue } from '../../../src/metering/settlement-queue.service.js';
import { SettlementRepository } from '../../../src/metering/settlement.repository.js';
import type { SettlementCall } from '../../../src/metering/settlement.js';
import { Settler } from '../../../src/metering/settler.service.js';
import { AppConfig } from '../../../src/platform/config/app-config.js';
import { createBilling, testEnvironment } from '../../support/billing.js';
import { placeHolds, releaseOf, settlementOf } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { until } from '../../support/calls.js';
import { runSql } from '../../support/database.js';

/** Longer than a process is silent that is alive. */
const LONG_AGO = new Date(Date.now() - 90_000);
/** A hundred of these fill a file. */
const LONG_TEXT = 'x'.repeat(90_000);

let billing: Awaited<ReturnType<typeof createBilling>>;
let model: TestModel;
let tenant: Tenant;
let dir: string;
let said: string[];
let queues: SettlementQueue[];

beforeAll(async () => {
  const say = (message: unknown): void => void said.push(String(message));
  Logger.overrideLogger({ log: say, warn: say, error: say });
  billing = await createBilling();
  model = await createModel(billing.pool);
  tenant = await createTenant(billing.pool, { overdraftNano: 10n ** 15n });
});
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'faregate-journal-'));
  said = [];
  queues = [];
});
afterEach(async () => {
  await Promise.all(queues.map((queue) => queue.onApplicationShutdown()));
  rmSync(dir, { recursive: true, force: true });
});
afterAll(async () => {
  await billing.drop();
  Logger.overrideLogger(false);
});

const newJournal = (): SettlementJournal =>
  new SettlementJournal(new AppConfig(testEnvironment(billing.test.url, { JOURNAL_DIR: dir })));

/** What settles in one API process, on the test's folder. */
function startQueue(journal = newJournal()): SettlementQueue {
  const nudge = { nudge: () => undefined } as unknown as RollupNudge;
  const settler = new Settler(new SettlementRepository(billing.database));
  const replay = new JournalReplay(journal, settler, nudge);
  const gateway = new GatewayProcess(billing.database, billing.config);
  const queue = new SettlementQueue(journal, settler, replay, gateway, nudge);
  queue.onModuleInit();
  queues.push(queue);
  return queue;
}

async function hold(count: number, ttl?: string): Promise<string[]> {
  const wishes = Array.from({ length: count }, () => ({ keyId: tenant.keyId, model, amountNano: 10n ** 6n }));
  return (await placeHolds(billing.pool, wishes, ttl ? { ttl } : {})).map((placed) => placed.hold);
}

function callOf(id: string, endUser = 'someone'): SettlementCall {
  const call = settlementOf(id, model, { input: 100, output: 10 }) as unknown as SettlementCall;
  return { ...call, request: { ...call.request, end_user: endUser } };
}

const lineOf = (id: string): string => `${JSON.stringify(callOf(id))}\n`;

/** What a process that died left in the folder. */
function leave(name: string, lines: string | Buffer): string {
  const file = path.join(dir, name);
  writeFileSync(file, lines);
  utimesSync(file, LONG_AGO, LONG_AGO);
  return file;
}

const charged = async (holds: string[]): Promise<number> => {
  const text = `select count(*)::int as count from usage_event where request_id = any ($1) and amount_nano > 0`;
  return (await billing.pool.query<{ count: number }>(text, [holds])).rows[0]?.count ?? -1;
};
const untilCharged = (holds: string[]): Promise<number> =>
  until(
    () => charged(holds),
    (count) => count === holds.length,
  );
const untilSaid = (words: RegExp): Promise<string[]> =>
  until(
    () => Promise.resolve(said),
    (lines) => lines.some((line) => words.test(line)),
  );
const untilEmpty = (queue: SettlementQueue): Promise<number> =>
  until(
    () => Promise.resolve(queue.pending),
    (pending) => pending === 0,
  );
const untilGone = (file: string): Promise<boolean> =>
  until(
    () => Promise.resolve(existsSync(file)),
    (isThere) => !isThere,
  );
const journals = (): string[] => readdirSync(dir).filter((name) => name.endsWith('.jsonl'));

/** Settlements wait until it is called. */
async function blockSettlement(): Promise<() => Promise<void>> {
  const client = await billing.pool.connect();
  await client.query('begin; lock table hold in access exclusive mode');
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

/** The disk under a file refuses writes and syncs from now on. */
function breakDisk(file: string): void {
  const fd = readdirSync('/proc/self/fd').find((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === file;
    } catch {
      return false;
    }
  });
  closeSync(Number(fd));
  const others: number[] = [];
  for (let opened = -1; opened !== Number(fd);) {
    opened = openSync('/dev/full', 'a');
    if (opened !== Number(fd)) others.push(opened);
  }
  others.forEach(closeSync);
}

describe('settlements of a process whose journal', () => {
  it('cannot be removed are each settled once, and the file goes when it can', async () => {
    const journal = newJournal();
    const queue = startQueue(journal);
    const [first = ''] = journals();
    const full = path.join(dir, first);
    const holds = await hold(600);
    const unblock = await blockSettlement();
    for (const id of holds.slice(0, 100)) queue.record(callOf(id, LONG_TEXT));
    await new Promise((resolve) => setTimeout(resolve, 50));
    queue.record(callOf(holds[100] ?? ''));
    await until(
      () => Promise.resolve(journals()),
      (names) => names.length === 2,
    );
    // Nobody can unlink a folder, whatever its rights.
    unlinkSync(full);
    mkdirSync(full);
    for (const id of holds.slice(101)) queue.record(callOf(id));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await unblock();
    await untilEmpty(queue);
    expect(await charged(holds)).toBe(holds.length);
    await untilSaid(/is not removed/);
    rmdirSync(full);
    writeFileSync(full, '');
    journal.touch();
    expect(existsSync(full)).toBe(false);
  }, 40_000);

  it('is full and has no successor go on in it', async () => {
    const journal = newJournal();
    const [first = ''] = journals();
    const holds = await hold(101);
    const calls = holds.map((id) => callOf(id, LONG_TEXT));
    const entries = journal.append(calls.slice(0, 100));
    const moved = `${dir}-moved`;
    renameSync(dir, moved);
    writeFileSync(dir, '');
    entries.push(...journal.append(calls.slice(100)));
    journal.confirm(entries);
    expect(said).toEqual([expect.stringMatching(/no new journal/)]);
    rmSync(dir);
    renameSync(moved, dir);
    expect(readFileSync(path.join(dir, first), 'utf8')).toContain(holds[100]);
    journal.close();
    expect(journals()).toEqual([]);
  }, 20_000);

  it('lies on a broken disk are settled from memory when the database is back', async () => {
    const queue = startQueue();
    const [first = ''] = journals();
    const holds = await hold(3);
    const unblock = await blockSettlement();
    breakDisk(path.join(dir, first));
    for (const id of holds) queue.record(callOf(id));
    await untilSaid(/not synced to disk/);
    await unblock();
    await untilEmpty(queue);
    expect(await charged(holds)).toBe(holds.length);
    expect(said).toContainEqual(expect.stringMatching(`${holds[0]}.*in memory alone`));
  }, 30_000);

  it('was removed by one that took it for dead go to a new file', async () => {
    const [sibling, [id = '']] = [newJournal(), await hold(1)];
    const file = path.join(dir, journals()[0] ?? '');
    utimesSync(file, LONG_AGO, LONG_AGO);
    startQueue();
    await untilGone(file);
    sibling.append([callOf(id)]);
    const lines = journals().map((name) => readFileSync(path.join(dir, name), 'utf8'));
    expect(lines.filter((text) => text.includes(id))).toHaveLength(1);
  });
});

describe('the journal of a dead process', () => {
  const breakConnections = (): Promise<unknown> =>
    runSql(
      billing.test.url,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
  const name = (): string => new URL(billing.test.url).pathname.slice(1);
  const settle = 'settle_calls(settled_call[], settled_line[], settled_attempt[])';
  it.each([
    [
      'takes no writes for a moment',
      () => `alter database ${name()} set default_transaction_read_only = on`,
      () => `begin read write; alter database ${name()} set default_transaction_read_only = off; commit`,
    ],
    [
      'lacks a function',
      () => `alter function ${settle} rename to settle_calls_later`,
      () => `alter function ${settle.replace('calls', 'calls_later')} rename to settle_calls`,
    ],
  ])(
    'stays while the database %s, and is settled afterwards',
    async (_, before, after) => {
      const holds = await hold(2);
      const file = leave('settlements-of-the-dead.jsonl', holds.map(lineOf).join(''));
      const [live = ''] = await hold(1);
      await runSql(billing.test.url, before());
      try {
        // Those that there are do not know it yet.
        await breakConnections();
        startQueue().record(callOf(live));
        await untilSaid(/settlements-of-the-dead.jsonl stays for the next round/);
        expect(readdirSync(dir)).not.toContainEqual(expect.stringMatching(/refused/));
      } finally {
        await runSql(billing.test.url, after());
        await breakConnections();
      }
      // Its next round comes within ten seconds.
      await until(
        () => charged([...holds, live]),
        (count) => count === 3,
        25_000,
      );
      await untilGone(file);
    },
    60_000,
  );

  it.each([
    ['has a flipped bit', (line: string) => Buffer.from(line.replace('"release"', '\xb2release"'), 'latin1')],
    ['is null', () => Buffer.from('null\n')],
    ['is another object', () => Buffer.from('[]\n')],
    ['has no attempts', (line: string) => Buffer.from(line.replace('"attempts"', '"attempt"'))],
  ])('keeps a whole line that %s, byte by byte, and settles the others', async (_, damage) => {
    const [first = '', second = '', third = ''] = await hold(3);
    const damaged = damage(lineOf(second));
    const lines = [lineOf(first), damaged, lineOf(third), '{"hold":"0190'].map((line) => Buffer.from(line));
    const file = leave('settlements-1.jsonl', Buffer.concat(lines));
    startQueue();
    await untilCharged([first, third]);
    await untilSaid(/1 lines that were cut short or damaged are kept in .*settlements-1.jsonl.refused/);
    expect(readFileSync(`${file}.refused`)).toEqual(damaged);
    expect(existsSync(file)).toBe(false);
  });

  it('that cannot be read stops no other', async () => {
    const folder = path.join(dir, 'settlements-0.jsonl');
    mkdirSync(folder);
    utimesSync(folder, LONG_AGO, LONG_AGO);
    const holds = await hold(1);
    leave('settlements-1.jsonl', lineOf(holds[0] ?? ''));
    startQueue();
    await untilCharged(holds);
    await untilSaid(/settlements-0.jsonl stays for the next round: EISDIR/);
  });

  it('names the calls that it came too late for, and no other that was closed before', async () => {
    const [swept = '', failed = '', known = ''] = await hold(3, '-1 second');
    await billing.pool.query('update hold set progress = $2 where id = $1', [
      known,
      JSON.stringify(settlementOf(known, model, { input: 100 })),
    ]);
    await billing.pool.query('select * from sweep_holds(10)');
    const again = (await hold(1))[0] ?? '';
    const lines = [swept, known, again].map(lineOf).join('');
    const file = leave('settlements-1.jsonl', lines + `${JSON.stringify(releaseOf(failed, model))}\n`);
    const queue = startQueue();
    await untilSaid(/settled 1 of 4 calls/);
    await untilSaid(/2 settlements came too late/);
    const late = said.find((line) => line.includes('too late')) ?? '';
    expect([swept, known, again, failed].map((id) => late.includes(id))).toEqual([true, true, false, false]);
    await untilGone(file);
    // So does a process for its own calls.
    said.length = 0;
    queue.record(callOf(swept));
    queue.record(JSON.parse(lineOf(again)) as SettlementCall);
    await untilSaid(new RegExp(`1 settlements came too late.*${swept}`));
  });
});
