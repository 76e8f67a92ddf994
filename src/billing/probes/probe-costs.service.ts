import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { houseProbe } from '../ledger/posting.js';
import { ProbeCostsRepository } from './probe-costs.repository.js';

const BATCH = 500;

/** Books what providers take for the house's own test calls: an expense of the house, and nobody's charge. */
@Injectable()
export class ProbeCostsService {
  constructor(
    private readonly database: Database,
    private readonly probes: ProbeCostsRepository,
    private readonly ledger: LedgerService,
  ) {}

  /** How many were booked. */
  async book(): Promise<number> {
    let booked = 0;
    for (let count = BATCH; count === BATCH; booked += count) count = await this.bookSome();
    return booked;
  }

  private bookSome(): Promise<number> {
    return this.database.transaction(async (client) => {
      const found = await this.probes.claim(client, BATCH);
      if (found.length === 0) return 0;
      const legalEntityId = await this.probes.houseEntity(client);
      await this.ledger.record(
        client,
        found.map(({ id, providerSlug, costNano, currency }) => ({
          idempotencyKey: `upstream_probe:${id}`,
          kind: 'upstream_probe',
          organizationId: null,
          legalEntityId,
          walletId: null,
          currency,
          description: `Test call to ${providerSlug}`,
          postings: houseProbe(costNano),
        })),
      );
      await this.probes.markBooked(
        client,
        found.map(({ id }) => id),
      );
      return found.length;
    });
  }
}
