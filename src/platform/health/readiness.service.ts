import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.service.js';

/** A dependency and whether it answers; `detail` says what is wrong in a word. */
export interface DependencyState {
  name: string;
  up: boolean;
  detail?: string;
}

const CHECK_TIMEOUT_MS = 1_500;

/** Whether this process should get traffic. */
@Injectable()
export class Readiness {
  private isDraining = false;

  constructor(private readonly database: Database) {}

  /** From now on the process asks its balancer for no more traffic. */
  drain(): void {
    this.isDraining = true;
  }

  get draining(): boolean {
    return this.isDraining;
  }

  /** The answer of /readyz. */
  async report(): Promise<{ status: 'ready' | 'not_ready' | 'draining'; dependencies: DependencyState[] }> {
    const dependencies = await this.check();
    if (this.isDraining) return { status: 'draining', dependencies };
    return { status: dependencies.every(({ up }) => up) ? 'ready' : 'not_ready', dependencies };
  }

  /** Every dependency that a call needs. */
  async check(): Promise<DependencyState[]> {
    return [await this.checkDatabase()];
  }

  private async checkDatabase(): Promise<DependencyState> {
    const timeout = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error('no answer in time')), CHECK_TIMEOUT_MS).unref(),
    );
    try {
      await Promise.race([this.database.query('SELECT 1'), timeout]);
      return { name: 'database', up: true };
    } catch {
      return { name: 'database', up: false, detail: 'does not answer' };
    }
  }
}
