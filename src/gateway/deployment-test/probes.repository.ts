import { Injectable } from '@nestjs/common';
import { uuidv7 } from '../../core/ids.js';
import { Database } from '../../platform/database/database.service.js';

/** One call that the house made to see whether an upstream answers. */
export interface ProbeRecord {
  /** UUIDs. */
  deploymentId: string;
  providerId: string;
  /** Absent: the provider needs none. */
  credentialId: string | undefined;
  /** Absent: it passed. */
  error: string | undefined;
  /** What the provider takes for it. */
  costNano: bigint;
  /** ISO 4217. */
  currency: string;
}

/** Probes in PostgreSQL; the worker books their cost to the house. */
@Injectable()
export class ProbesRepository {
  constructor(private readonly database: Database) {}

  async record({ error, costNano, ...probe }: ProbeRecord): Promise<void> {
    await this.database.query(
      `insert into upstream_probe (id, deployment_id, provider_id, credential_id, passed, error, cost_nano, currency, booked)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        uuidv7(),
        probe.deploymentId,
        probe.providerId,
        probe.credentialId ?? null,
        error === undefined,
        error ?? null,
        String(costNano),
        probe.currency,
        costNano === 0n,
      ],
    );
  }
}
