import { Injectable } from '@nestjs/common';
import { Snapshot } from '../../platform/database/snapshot.service.js';
import type { Check } from './check.js';
import { CHECKS } from './checks.js';

/** What one check found. */
export interface CheckResult {
  id: string;
  title: string;
  /** How many rows break the rule. */
  violations: number;
  /** Ids of at most five of them. */
  sample: string[];
}

const SAMPLE = 5;

/** Runs the books checks. */
@Injectable()
export class AuditService {
  constructor(private readonly snapshot: Snapshot) {}

  /** Every check on one unchanging state of the books. Throws when the database is away. */
  async run(): Promise<CheckResult[]> {
    return this.snapshot.read(async (client) => {
      const results: CheckResult[] = [];
      for (const check of CHECKS) {
        const { rows } = await client.query<{ violations: number; sample: string[] }>(countingSql(check));
        const [row] = rows;
        results.push({
          id: check.id,
          title: check.title,
          violations: row?.violations ?? 0,
          sample: row?.sample ?? [],
        });
      }
      return results;
    });
  }
}

const countingSql = ({ sql }: Check): string =>
  `with found as materialized (${sql})
   select (select count(*)::int from found) as violations, array(select id from found order by id limit ${SAMPLE}) as sample`;
