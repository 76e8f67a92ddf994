import { Injectable, Logger } from '@nestjs/common';
import { isDatabaseAway } from '../platform/database/database.service.js';
import { SettlementRepository } from './settlement.repository.js';
import type { SettlementCall } from './settlement.js';

/** Settles batches: together or, when the database refuses that, one after the other. */
@Injectable()
export class Settler {
  private readonly log = new Logger(Settler.name);

  constructor(private readonly repository: SettlementRepository) {}

  /**
   * Returns what the database refuses, each named in the log. Throws what passes by itself (`isPassing`); whatever was settled until then is settled a second time without harm.
   */
  async settle(calls: readonly SettlementCall[]): Promise<SettlementCall[]> {
    try {
      await this.repository.settle(calls);
      return [];
    } catch (error) {
      if (isPassing(error)) throw error;
      return this.settleSingly(calls);
    }
  }

  private async settleSingly(calls: readonly SettlementCall[]): Promise<SettlementCall[]> {
    const refused: SettlementCall[] = [];
    for (const call of calls) {
      try {
        await this.repository.settle([call]);
      } catch (error) {
        if (isPassing(error)) throw error;
        refused.push(call);
        this.log.error(`the settlement of ${call.hold} is refused: ${(error as Error).message}`);
      }
    }
    return refused;
  }
}

/** Goes away by itself: the database is not there, or two transactions met. */
const isPassing = (error: unknown): boolean => isDatabaseAway(error) || isTransient(error);

/** Serialisation failures and deadlocks go away by themselves. */
const isTransient = (error: unknown): boolean =>
  /^(40001|40P01)$/.test(String((error as { code?: unknown }).code));
