import { hostname } from 'node:os';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { uuidv7 } from '../../core/ids.js';
import { LiveList, type Listed } from '../../core/live-list.js';
import { AppConfig } from '../../platform/config/app-config.js';
import { Database } from '../../platform/database/database.service.js';

const HEARTBEAT_MS = 5_000;
const CHECKPOINT_MS = 2_000;

const HEARTBEAT = `
  INSERT INTO gateway_process (id, host, journal_pending) VALUES ($1, $2, $3)
  ON CONFLICT (id) DO UPDATE SET seen_at = billing_now(), journal_pending = excluded.journal_pending
  RETURNING (SELECT count(*)::int FROM gateway_process
             WHERE id <> $1 AND seen_at > billing_now() - interval '15 seconds') AS others`;

/** A call under way: what its settlement would be if it ended now, or undefined when there is nothing to record. */
export interface RunningCall extends Listed {
  /** UUID of its hold. */
  readonly holdId: string;
  progress(): object | undefined;
}

/**
 * This process as the owner of holds: says every few seconds that it lives, and every two seconds writes where
 * its running streams stand, so that a crash loses at most what came since.
 */
@Injectable()
export class GatewayProcess implements OnModuleInit, OnApplicationShutdown {
  readonly id = uuidv7();
  /** API processes that shared the work when this one last asked, itself included. */
  processesAlive = 1;
  /** Set by the settlement journal: entries not yet in the database. */
  journalPending: () => number = () => 0;
  private readonly running = new LiveList<RunningCall>();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly log = new Logger(GatewayProcess.name);

  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.beat();
    this.every(HEARTBEAT_MS, () => this.beat());
    this.every(CHECKPOINT_MS, () => this.checkpoint());
  }

  onApplicationShutdown(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  /** Number of calls under way. */
  get callsRunning(): number {
    return this.running.size;
  }

  begin(call: RunningCall): void {
    this.running.add(call);
  }

  end(call: RunningCall): void {
    this.running.delete(call);
  }

  private every(intervalMs: number, work: () => Promise<void>): void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      work()
        .catch((error: unknown) => this.log.warn(`database not reached: ${(error as Error).message}`))
        .finally(() => (busy = false));
    }, intervalMs);
    this.timers.push(timer.unref());
  }

  private async beat(): Promise<void> {
    const values = [this.id, hostname(), this.journalPending()];
    const [row] = await this.database.query<{ others: number }>(HEARTBEAT, values);
    this.processesAlive = 1 + (row?.others ?? 0);
  }

  private async checkpoint(): Promise<void> {
    const calls = this.running.all().map((call) => ({ hold: call.holdId, progress: call.progress() }));
    for (let start = 0; start < calls.length; start += 500) {
      await this.database.query('SELECT checkpoint_holds(make_interval(secs => $1), $2)', [
        this.config.holdTtlSeconds,
        JSON.stringify(calls.slice(start, start + 500)),
      ]);
    }
  }
}
