import { Injectable } from '@nestjs/common';
import { CleanupRepository, REMOVABLES } from './cleanup.repository.js';

const BATCH = 1_000;

/** Removes stored answers that nobody may ask for again, and processes that are long gone. */
@Injectable()
export class CleanupService {
  constructor(private readonly rows: CleanupRepository) {}

  async run(): Promise<void> {
    for (const what of REMOVABLES) {
      let removed: number;
      do removed = await this.rows.remove(what, BATCH);
      while (removed === BATCH);
    }
  }
}
