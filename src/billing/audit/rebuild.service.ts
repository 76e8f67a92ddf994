import { Injectable } from '@nestjs/common';
import { Snapshot } from '../../platform/database/snapshot.service.js';
import type { CheckResult } from './audit.service.js';
import { differenceSql, PROJECTIONS } from './projections.js';

/** Makes every projection anew from what never changes, and compares it with what is kept. Writes nothing. */
@Injectable()
export class RebuildService {
  constructor(private readonly snapshot: Snapshot) {}

  /** One result for each projection, on one unchanging state. Throws when the database is away. */
  async compare(): Promise<CheckResult[]> {
    return this.snapshot.read(async (client) => {
      const results: CheckResult[] = [];
      for (const [index, projection] of PROJECTIONS.entries()) {
        const { rows } = await client.query<{ rows: number; violations: number; sample: string[] }>(
          differenceSql(projection),
        );
        const [row] = rows;
        results.push({
          id: `R0${index + 1}`,
          title: `${projection.name}: ${row?.rows ?? 0} rows made anew`,
          violations: row?.violations ?? 0,
          sample: row?.sample ?? [],
        });
      }
      return results;
    });
  }
}
