import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { uuidv7 } from '../../core/ids.js';
import { LedgerRepository, type TransactionDraft } from './ledger.repository.js';
import type { LotMove } from './lots.js';

/** A ledger transaction and the moves of lots it explains. */
export interface Journal extends Omit<TransactionDraft, 'id'> {
  /** Absent: no lot is touched. */
  moves?: (Omit<LotMove, 'kind'> & { kind: LotMove['kind'] | 'expire' | 'refund' })[] | undefined;
}

/** The only way into the ledger. Everything happens inside the caller's database transaction. */
@Injectable()
export class LedgerService {
  constructor(private readonly ledger: LedgerRepository) {}

  /**
   * Writes each journal with its moves. Throws when one does not sum to zero, or, from the database, when its
   * idempotency key was used before; the caller's transaction must then roll back.
   */
  async record(client: PoolClient, journals: Journal[]): Promise<void> {
    const drafts = journals.map((journal) => ({ ...journal, id: uuidv7() }));
    for (const { idempotencyKey, postings } of drafts) {
      const sum = postings.reduce((total, { amountNano }) => total + amountNano, 0n);
      if (sum !== 0n || postings.length < 2) {
        throw new Error(`ledger transaction ${idempotencyKey} does not balance: ${sum}`);
      }
    }
    await this.ledger.post(client, drafts);
    await this.ledger.recordMoves(
      client,
      drafts.flatMap(({ id, moves = [] }) => moves.map((move) => ({ ...move, transactionId: id }))),
    );
  }
}
