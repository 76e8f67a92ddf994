import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { monotonicMs } from '../../core/clock.js';
import { AppConfig } from '../config/app-config.js';
import { LogThrottle } from '../queue/log-throttle.js';
import { Circuit } from './circuit.js';

const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 200;
/** A connection that owes an answer this long is given up: packets may be vanishing on the way. */
const SILENCE_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_MS = 1_000;

/** A script with the SHA-1 that EVALSHA knows it by. */
interface Script {
  lua: string;
  sha: string;
}

/**
 * The one connection of this process for shared counters. Nothing waits for Redis longer than 200 ms, nothing is
 * queued while it is away, and after five failures it is tried once a second.
 */
export class RedisConnection implements OnModuleInit, OnApplicationShutdown {
  /** Begins the name of every entry. */
  readonly prefix: string;
  private readonly client: Redis | undefined;
  private readonly circuit = new Circuit();
  /** Scripts sent over this connection in full; from then on their SHA-1 is enough. */
  private readonly known = new Set<string>();
  private readonly throttle = new LogThrottle();
  private readonly log = new Logger(RedisConnection.name);

  /** `deadlineMs`: the longest that anybody waits for an answer. */
  constructor(
    config: AppConfig,
    private readonly deadlineMs = COMMAND_TIMEOUT_MS,
  ) {
    this.prefix = config.redisPrefix;
    this.client = config.redisUrl === undefined ? undefined : this.createClient(config.redisUrl);
  }

  /** Whether there is a Redis at all. */
  get isConfigured(): boolean {
    return this.client !== undefined;
  }

  /** Gives the connection a moment, so that the first calls are counted where the others are. */
  async onModuleInit(): Promise<void> {
    const timeout = new Promise((resolve) => setTimeout(resolve, CONNECT_TIMEOUT_MS).unref());
    await Promise.race([this.client?.connect().catch(() => undefined), timeout]);
  }

  onApplicationShutdown(): void {
    this.client?.disconnect();
  }

  /** What a script answers. Rejects within the deadline when Redis is away, at once while the circuit is open. */
  async run(script: Script, keys: string[], values: (string | number)[]): Promise<unknown> {
    if (!this.circuit.admits(monotonicMs())) throw new Error('the circuit is open');
    try {
      const reply = await this.evaluate(script, keys, values);
      this.circuit.succeeded();
      return reply;
    } catch (error) {
      this.circuit.failed(monotonicMs());
      throw error;
    }
  }

  /** Runs a script whose answer nobody waits for; it is lost when Redis is away. */
  post(script: Script, keys: string[], values: (string | number)[]): void {
    this.evaluate(script, keys, values).catch(() => undefined);
  }

  private async evaluate(script: Script, keys: string[], values: (string | number)[]): Promise<unknown> {
    if (this.client?.status !== 'ready') throw new Error('not connected');
    const isKnown = this.known.has(script.sha);
    this.known.add(script.sha);
    // In full the first time, so that commands are carried out in the order in which they were given.
    if (!isKnown) return this.client.eval(script.lua, keys.length, ...keys, ...values);
    try {
      return await this.client.evalsha(script.sha, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      return this.client.eval(script.lua, keys.length, ...keys, ...values);
    }
  }

  private createClient(url: string): Redis {
    const client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: this.deadlineMs,
      socketTimeout: SILENCE_TIMEOUT_MS,
      enableOfflineQueue: false,
      // A script must not be run twice because its answer was lost.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(times * 50, MAX_RECONNECT_MS),
    });
    client.on('ready', () => this.known.clear());
    client.on('error', (error: Error) => {
      const line = this.throttle.admit(`Redis cannot be reached: ${error.message}`);
      if (line !== null) this.log.warn(line);
    });
    return client;
  }
}
