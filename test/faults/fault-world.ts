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

/** Two API processes and two workers that reach PostgreSQL, Redis and the upstream through ways that can fail. */
export class FaultWorld {
  private constructor(
    readonly world: GatewayWorld,
    private readonly redis: TestRedis,
    private readonly ways: Record<'database' | 'redis' | 'upstream', TcpProxy>,
    private readonly env: Record<string, string>,
    readonly apis: ApiProcess[],
    private readonly workers: ProductProcess[],
  ) {}

  static async start(): Promise<FaultWorld> {
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
    const env = {
      DATABASE_URL: through(database, world.database.url),
      REDIS_URL: through(redisWay, redis.url),
      REDIS_PREFIX: redis.prefix,
      HOLD_TTL_SECONDS: '2',
      UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '4000',
      UPSTREAM_IDLE_TIMEOUT_MS: '4000',
    };
    const start = <Kind>(program: (w: GatewayWorld, e: Record<string, string>) => Promise<Kind>) =>
      Promise.all([program(world, env), program(world, env)]);
    const [apis, workers] = await Promise.all([start(startApiProcess), start(startWorkerProcess)]);
    return new FaultWorld(world, redis, { database, redis: redisWay, upstream }, env, apis, workers);
  }

  /** Breaks the part; only the first of two processes is killed. */
  async inject({ component, fault }: FaultCase): Promise<void> {
    if (component === 'api') await this.apis[0]?.kill();
    else if (component === 'worker') await this.workers[0]?.kill();
    else if (fault === 'flush') await this.redis.drop();
    else if (fault !== 'kill') this.ways[component].set(fault);
  }

  /** Mends it: ways pass again, killed processes have successors. */
  async heal({ component }: FaultCase): Promise<void> {
    for (const way of Object.values(this.ways)) way.set('pass');
    if (component === 'api') this.apis[0] = await startApiProcess(this.world, this.env);
    if (component === 'worker') this.workers[0] = await startWorkerProcess(this.world, this.env);
  }

  /** Waits until both processes serve, no settlement waits in a journal, and the sweep has closed every hold. */
  async settle(): Promise<void> {
    const { pool, secret } = this.world;
    for (const { url } of this.apis)
      await until(
        async () => (await post({ url, secret }, '/v1/chat/completions', chatBody(CHAT_MODEL))).status,
        (status) => status === 200,
        30_000,
      );
    await pool.query(
      `update gateway_process set seen_at = billing_now() - interval '1 minute'
       where id not in (select id from gateway_process order by seen_at desc limit 2)`,
    );
    await until(
      async () => {
        await pool.query('select * from sweep_holds(1000)');
        return readCount(pool, `select count(*) from hold where state = 'open'`);
      },
      (open) => open === 0,
      40_000,
    );
    await this.world.simulator.idle();
  }

  async close(): Promise<void> {
    await Promise.all([...this.apis, ...this.workers].map((process) => process.kill()));
    await Promise.all(Object.values(this.ways).map((way) => way.close()));
    await this.world.close();
    await this.redis.drop();
  }
}

function target(address: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(address);
  return { host: hostname, port: Number(port || (protocol === 'redis:' ? 6379 : 5432)) };
}
