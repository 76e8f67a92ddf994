import { Injectable, Logger } from '@nestjs/common';
import { isDatabaseAway } from '../platform/database/database.service.js';
import { SettlementRepository } from './settlement.repository.js';
import type { SettlementCall } from './settlement.js';

/** A settlement that the database did not take, and what it said. */
export interface Refusal {
  call: SettlementCall;
  error: unknown;
}

/** Settles batches: together or, when the database refuses that, one after the other. */
@Injectable()
export class Settler {
  private readonly log = new Logger(Settler.name);

  constructor(private readonly repository: SettlementRepository) {}

  /**
   * Returns what the database refuses, each named in the log. Throws what passes by itself (`isPassing`); whatever was settled until then is settled a second time without harm.
   */
  async settle(calls: readonly SettlementCall[]): Promise<Refusal[]> {
    try {
      await this.repository.settle(calls);
      return [];
    } catch (error) {
      if (isPassing(error)) throw error;
      return this.settleSingly(calls);
    }
  }

  private async settleSingly(calls: readonly SettlementCall[]): Promise<Refusal[]> {
    const refused: Refusal[] = [];
    for (const call of calls) {
      try {
        await this.repository.settle([call]);
      } catch (error) {
        if (isPassing(error)) throw error;
        refused.push({ call, error });
        this.log.error(`the settlement of ${call.hold} is refused: ${(error as Error).message}`);
      }
    }
    return refused;
  }
}

/** Goes away by itself: the database is not there, or two transactions met. */
export const isPassing = (error: unknown): boolean =>
  isDatabaseAway(error) || /^40(001|P01)$/.test(codeOf(error));

/**
 * The settlement itself is what the database will never take: no settlement at all (RangeError), its values (21, 22), what they
 * refer to (23), its size (54), a rule of ours (P0). Everything else, a right or a function that is missing, a full disk, may be
 * mended around it.
 */
export const isOwnFault = (error: unknown): boolean =>
  error instanceof RangeError || /^(2[123]|54|P0)...$/.test(codeOf(error));

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code);
