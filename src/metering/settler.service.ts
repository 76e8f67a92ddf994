import { Injectable, Logger } from '@nestjs/common';
import { isPassing } from '../platform/database/database.service.js';
import { SettlementRepository } from './settlement.repository.js';
import type { SettlementCall } from './settlement.js';

/** A settlement that the database did not take, and what it said. */
export interface Refusal {
  call: SettlementCall;
  error: unknown;
}

/** What became of a batch; settlements that are in neither count are those of holds that were closed before. */
export interface SettledBatch {
  /** Holds that were ended. */
  ended: number;
  refused: Refusal[];
}

/** Settles batches: together or, when the database refuses that, one after the other. */
@Injectable()
export class Settler {
  private readonly log = new Logger(Settler.name);

  constructor(private readonly repository: SettlementRepository) {}

  /**
   * Names in the log what the database refuses, and what came too late to change anything. Throws what passes by itself
   * (`isPassing`); whatever was settled until then is settled a second time without harm.
   */
  async settle(calls: readonly SettlementCall[]): Promise<SettledBatch> {
    const batch = await this.end(calls);
    if (batch.ended + batch.refused.length < calls.length) {
      const refused = new Set(batch.refused.map(({ call }) => call));
      await this.tellLate(calls.filter((call) => !refused.has(call)));
    }
    return batch;
  }

  private async end(calls: readonly SettlementCall[]): Promise<SettledBatch> {
    try {
      return { ended: await this.repository.settle(calls), refused: [] };
    } catch (error) {
      if (isPassing(error)) throw error;
      return this.endSingly(calls);
    }
  }

  private async endSingly(calls: readonly SettlementCall[]): Promise<SettledBatch> {
    const batch: SettledBatch = { ended: 0, refused: [] };
    for (const call of calls) {
      try {
        batch.ended += await this.repository.settle([call]);
      } catch (error) {
        if (isPassing(error)) throw error;
        batch.refused.push({ call, error });
        this.log.error(`the settlement of ${call.hold} is refused: ${(error as Error).message}`);
      }
    }
    return batch;
  }

  /** Most closed holds are those of settlements that come again; only what ended otherwise is worth a word. */
  private async tellLate(calls: readonly SettlementCall[]): Promise<void> {
    try {
      const holds = await this.repository.listEndedOtherwise(calls);
      if (holds.length === 0) return;
      this.log.warn(
        `${holds.length} settlements came too late and changed nothing, their holds had ended otherwise: ${holds.join(', ')}`,
      );
    } catch (error) {
      if (isPassing(error)) throw error;
      this.log.error(`whether settlements came too late cannot be told: ${(error as Error).message}`);
    }
  }
}

/**
 * The settlement itself is what the database will never take: no settlement at all (RangeError), its values (21, 22), what they
 * refer to (23), its size (54), a rule of ours (P0). Everything else, a right or a function that is missing, a full disk, may be
 * mended around it.
 */
export const isOwnFault = (error: unknown): boolean =>
  error instanceof RangeError || /^(2[123]|54|P0)...$/.test(codeOf(error));

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code);
