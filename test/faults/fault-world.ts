import { post, chatBody, until } from '../support/calls.js';
import { CHAT_MODEL, createWorld, type GatewayWorld } from '../support/gateway.js';
import { giveCredit, readCount } from '../support/money.js';
import {
  startApiProcess,
  startWorkerProcess,
  type ApiProcess,
  type ProductProcess,
} from '../support/processes.js';
import { createTestRedis, type TestRedis } from '../support/redis.js';
import { startTcpProxy, through, type TcpProxy } from '../support/tcp-proxy.js';
import type { FaultCase } from './fault-table.js';

export const CREDIT = 1_000_000_000_000n;
const HEALED_MS = 40_000;
const OPEN_HOLDS = `select count(*) from hold where state = 'open'`;

export interface FaultWorldOptions {
  /** Settings of the processes besides those of the test. */
  env?: Record<string, string>;
  /** The process of each kind that is never stopped. */
  second?: { reachesDatabase?: boolean; worker?: Record<string, string> };
}

/** Two API processes and two workers that reach PostgreSQL, Redis and the upstream through ways that can fail. */
export class FaultWorld {
  private constructor(
    readonly world: GatewayWorld,
    private readonly redis: TestRedis,
    private readonly ways: Record<'database' | 'redis' | 'upstream', TcpProxy>,
    private readonly env: Record<string, string>,
    readonly apis: ApiProcess[],
    readonly workers: ProductProcess[],
  ) {}

  static async start({ env = {}, second = {} }: FaultWorldOptions = {}): Promise<FaultWorld> {
    const redis = createTestRedis();
    const world = await createWorld({ balanceNano: 0n });
    await giveCredit(world, CREDIT);
    const [database, redisWay, upstream] = (await Promise.all(
      [world.database.url, redis.url, world.simulator.baseUrl].map((address) =>
        startTcpProxy(target(address)),
      ),
    )) as [TcpProxy, TcpProxy, TcpProxy];
    await world.pool.query(`update provider set base_url = replace(base_url, $1, $2)`, [
      world.simulator.baseUrl,
      `http://127.0.0.1:${upstream.port}`,
    ]);
    const all = {
      DATABASE_URL: through(database, world.database.url),
      REDIS_URL: through(redisWay, redis.url),
      REDIS_PREFIX: redis.prefix,
      HOLD_TTL_SECONDS: '2',
      UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '4000',
      UPSTREAM_IDLE_TIMEOUT_MS: '4000',
      ...env,
    };
    const direct = second.reachesDatabase === true ? { DATABASE_URL: world.database.url } : {};
    const apis = Promise.all([startApiProcess(world, all), startApiProcess(world, { ...all, ...direct })]);
    const workers = Promise.all([
      startWorkerProcess(world, all),
      startWorkerProcess(world, { ...all, ...second.worker }),
    ]);
    return new FaultWorld(
      world,
      redis,
      { database, redis: redisWay, upstream },
      all,
      await apis,
      await workers,
    );
  }

  /** Breaks the part; of two processes only the first. */
  async inject({ component, fault }: FaultCase): Promise<void> {
    if (component === 'api' || component === 'worker') {
      const [first] = component === 'api' ? this.apis : this.workers;
      if (fault === 'kill') await first?.kill();
      else first?.signal(fault === 'stop' ? 'SIGTERM' : 'SIGSTOP');
    } else if (fault === 'flush') await this.redis.drop();
    else if (fault !== 'stop' && fault !== 'kill' && fault !== 'freeze') this.ways[component].set(fault);
  }

  /** Mends it: ways pass again, frozen processes go on, those that ended have successors. */
  async heal({ component, fault }: FaultCase): Promise<void> {
    for (const way of Object.values(this.ways)) way.set('pass');
    if (component !== 'api' && component !== 'worker') return;
    const [first] = component === 'api' ? this.apis : this.workers;
    if (fault === 'freeze') {
      first?.signal('SIGCONT');
      return;
    }
    await first?.exited;
    if (component === 'api') this.apis[0] = await startApiProcess(this.world, this.env);
    else this.workers[0] = await startWorkerProcess(this.world, this.env);
  }

  /** PostgreSQL and Redis take everything and answer nothing. */
  silence(): void {
    for (const way of [this.ways.database, this.ways.redis]) way.set('pause');
  }

  /** Ways pass again, and every process has a successor. */
  async restart(): Promise<void> {
    for (const way of Object.values(this.ways)) way.set('pass');
    const { world, env } = this;
    this.apis.splice(
      0,
      2,
      ...(await Promise.all([startApiProcess(world, env), startApiProcess(world, env)])),
    );
    const workers = [startWorkerProcess(world, env), startWorkerProcess(world, env)];
    this.workers.splice(0, 2, ...(await Promise.all(workers)));
  }

  /**
   * Waits until both processes serve, the workers have posted all usage, and every hold is closed: by its settlement, or by the sweep, which is spared
   * the minutes that it leaves to processes that may still be alive.
   */
  async settle(): Promise<void> {
    const { pool, secret } = this.world;
    for (const { url } of this.apis)
      await until(
        async () => (await post({ url, secret }, '/v1/chat/completions', chatBody(CHAT_MODEL))).status,
        (status) => status === 200,
        HEALED_MS,
      );
    const isSettled = async (): Promise<boolean> => (await readCount(pool, OPEN_HOLDS)) === 0;
    if (!(await within(1_000, isSettled))) {
      await this.nothingPending();
      await pool.query(
        `update hold set expires_at = billing_now() - interval '2 minutes' where state = 'open'`,
      );
      await pool.query('select * from sweep_holds(1000)');
      await until(isSettled, Boolean, HEALED_MS);
    }
    // A worker whose answer was swallowed in the middle of a rollup keeps its locks until the server ends it.
    await until(
      () => readCount(pool, 'select count(*) from usage_pending'),
      (events) => events === 0,
      HEALED_MS,
    );
    await this.world.simulator.idle();
  }

  /** Both processes have said since now that none of their settlements waits; others are taken for dead. */
  private async nothingPending(): Promise<void> {
    const { pool } = this.world;
    const { rows } = await pool.query<{ now: Date }>('select billing_now() as now');
    const now = rows[0]?.now;
    const ready = `select count(*) from gateway_process where seen_at > $1 and journal_pending = 0`;
    await until(
      () => readCount(pool, ready, [now]),
      (processes) => processes === this.apis.length,
      HEALED_MS,
    );
    const dead = `update gateway_process set seen_at = billing_now() - interval '1 minute' where seen_at <= $1`;
    await pool.query(dead, [now]);
  }

  /** The last warnings and errors of the processes, for the report of a case that failed. */
  complaints(): string {
    const all = [...this.apis, ...this.workers].flatMap((one) => {
      const lines = one.output().split('\n');
      return lines.filter((line) => /"level":[456]0/.test(line)).slice(-8);
    });
    return all.join('\n');
  }

  async close(): Promise<void> {
    await Promise.all([...this.apis, ...this.workers].map((process) => process.kill()));
    await Promise.all(Object.values(this.ways).map((way) => way.close()));
    await this.world.close();
    await this.redis.drop();
  }
}

/** Whether the condition comes to hold within the time. */
const within = (timeoutMs: number, holds: () => Promise<boolean>): Promise<boolean> =>
  until(holds, Boolean, timeoutMs).catch(() => false);

function target(address: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(address);
  return { host: hostname, port: Number(port || (protocol === 'redis:' ? 6379 : 5432)) };
}
