import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { monotonicMs } from '../../../core/clock.js';
import { FaregateError } from '../../../core/errors.js';
import { publicId, uuidv7 } from '../../../core/ids.js';
import { AppConfig } from '../../../platform/config/app-config.js';
import { ExportsService, type FileTotals } from '../exports.service.js';
import { readOrder } from '../report-order.js';
import { BackgroundExportsRepository, type ExportRun } from './background-exports.repository.js';
import { ExportFiles } from './export-files.store.js';
import { manifestOf, type ExportError } from './export.js';
import { RunLease } from './run-lease.service.js';

/** Times an export is begun before it is given up. */
const MAX_TRIES = 4;
const RETRY_SECONDS = 15;
const SWEEP_EVERY_MS = 60 * 60_000;

/** The process is asked to stop; another goes on. */
class Stopping extends Error {}
/** Another worker has taken the export over. */
class LeaseLost extends Error {}

/** Writes the exports that wait, one after another, and removes files whose time is over. */
@Injectable()
export class ExportRuns implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(ExportRuns.name);
  private stopping = false;
  private sweptAt = -Infinity;

  constructor(
    private readonly config: AppConfig,
    private readonly reports: ExportsService,
    private readonly exports: BackgroundExportsRepository,
    private readonly files: ExportFiles,
  ) {}

  onModuleDestroy(): void {
    this.stopping = true;
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  /** Works until nothing waits or the process is asked to stop; returns how many files were finished. */
  async runDue(): Promise<number> {
    await this.removeExpired();
    let finished = 0;
    while (!this.stopping) {
      const run = await this.exports.claim(uuidv7(), RunLease.SECONDS);
      if (!run) break;
      if (await this.run(run)) finished += 1;
    }
    return finished;
  }

  /** Ends exports past their time and removes files that belong to no export: left by workers that died. */
  async removeExpired(): Promise<void> {
    for (const key of await this.exports.expire()) await this.files.remove(key);
    if (monotonicMs() - this.sweptAt < SWEEP_EVERY_MS) return;
    await this.sweep();
    this.sweptAt = monotonicMs();
  }

  /** Removes what no export has and no run is writing. Listed first, so that a run that begins meanwhile is not in the list. */
  async sweep(): Promise<void> {
    const keys = await this.files.list();
    const live = await this.exports.listLive(keys);
    for (const key of keys) if (!live.has(key)) await this.files.remove(key);
  }

  /** True when this run finished the export. */
  private async run(run: ExportRun): Promise<boolean> {
    if (run.tries > MAX_TRIES) {
      const message = `It was begun ${MAX_TRIES} times and its worker died each time.`;
      await this.exports.fail(run, { code: 'worker_died', message });
      await this.sweep();
      return false;
    }
    const lease = new RunLease(this.exports, run);
    const key = `${run.export.id}/${run.runId}`;
    try {
      const { totals, file } = await this.write(run, key, lease);
      const manifest = manifestOf(run.export.order, totals, file);
      const keepHours = this.config.exports.keepHours;
      const isMine = await this.exports.finish(run, { storageKey: key, manifest, keepHours });
      if (!isMine) throw new LeaseLost();
      if (run.tries > 1) await this.sweep();
      return true;
    } catch (error) {
      await this.files.remove(key).catch(() => undefined);
      await this.giveUp(run, error);
      return false;
    } finally {
      lease.end();
    }
  }

  private async write(run: ExportRun, key: string, lease: RunLease) {
    let totals: FileTotals | undefined;
    const listener = {
      expected: (rows: number | null) => lease.note({ expected: rows }),
      progress: (rows: number) => lease.note({ rows }),
      finished: (found: FileTotals) => (totals = found),
    };
    const pieces = this.guarded(this.reports.write(readOrder(run.export.order), listener), lease);
    const file = await this.files.write(key, pieces);
    if (!totals) throw new Error('a report ended without its sums');
    return { totals, file };
  }

  /** The pieces, for as long as this run may write them. */
  private async *guarded(pieces: AsyncGenerator<Buffer>, lease: RunLease): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      if (this.stopping) throw new Stopping();
      if (lease.isLost) throw new LeaseLost();
      yield piece;
    }
  }

  private async giveUp(run: ExportRun, error: unknown): Promise<void> {
    const id = publicId('export', run.export.id);
    if (error instanceof LeaseLost) {
      this.logger.warn(`${id}: another worker has taken it over`);
    } else if (error instanceof Stopping) {
      await this.exports.giveBack(run, 0, null);
    } else if (error instanceof FaregateError && error.kind === 'invalid_request') {
      await this.exports.fail(run, {
        code: error.details.code ?? 'invalid_request',
        message: error.message,
      });
    } else {
      const why = explain(error);
      this.logger.error(
        `${id}, try ${run.tries} of ${MAX_TRIES}: ${error instanceof Error ? error.stack : String(error)}`,
      );
      if (run.tries >= MAX_TRIES) await this.exports.fail(run, why);
      else await this.exports.giveBack(run, RETRY_SECONDS * run.tries, why);
    }
  }
}

/** What went wrong, as far as an admin may read it; the rest is in the worker's log. */
function explain(error: unknown): ExportError {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && typeof syscall === 'string' && /^E[A-Z]+$/.test(code)) {
    const what = code === 'ENOSPC' ? 'There is no space left for the file' : 'The file could not be written';
    return { code: 'storage', message: `${what} (${code}). See EXPORT_DIR.` };
  }
  return { code: 'internal', message: "The report could not be read. The worker's log says why." };
}
