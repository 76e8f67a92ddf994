import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { formatNano } from '../../core/money.js';
import { Metrics } from '../../platform/health/metrics.service.js';
import { BooksGaugesRepository, type BooksState } from './books-gauges.repository.js';

/** Figures of one reading, by the metric that shows them. */
const FIGURES: readonly [name: string, help: string, of: (state: BooksState) => number | undefined][] = [
  ['faregate_holds_open', 'Holds of calls under way, all processes', ({ holdsOpen }) => holdsOpen],
  ['faregate_holds_oldest_seconds', 'Age of the oldest open hold', (state) => state.oldestHoldSeconds],
  ['faregate_usage_pending', 'Usage events not posted to the ledger', (state) => state.usagePending],
  [
    'faregate_usage_pending_oldest_seconds',
    'Age of the oldest of these',
    (state) => state.oldestUsageSeconds,
  ],
  [
    'faregate_books_violations',
    'Rows that broke a books check in the latest nightly run',
    (state) => state.lastAudit?.violations,
  ],
  [
    'faregate_books_audit_age_seconds',
    'Age of the latest nightly run of the books checks',
    (state) => state.lastAudit?.ageSeconds,
  ],
  ['faregate_outbox_pending', 'Outbox entries not handled', ({ outboxPending }) => outboxPending],
  ['faregate_outbox_oldest_seconds', 'Age of the oldest of these', (state) => state.oldestOutboxSeconds],
];

/**
 * Shows how far the money walk is behind, read from the database when somebody asks: one reading for all figures of
 * a scrape. When the database does not answer they are absent, which alerts can see.
 */
@Injectable()
export class BooksGauges {
  private reading: Promise<BooksState | undefined> | undefined;

  constructor(
    metrics: Metrics,
    private readonly books: BooksGaugesRepository,
  ) {
    const registers = [metrics.registry];
    const read = (): Promise<BooksState | undefined> => this.read();
    for (const [name, help, of] of FIGURES) {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          this.remove();
          const state = await read();
          const figure = state && of(state);
          if (figure !== undefined) this.set(figure);
        },
      });
    }
    new Gauge({
      name: 'faregate_absorbed_last_day',
      help: 'What the house bore of charges in the last 24 hours, major units of currency',
      labelNames: ['currency'],
      registers,
      async collect() {
        this.reset();
        for (const { currency, nano } of (await read())?.absorbed ?? [])
          this.labels(currency).set(+formatNano(nano));
      },
    });
  }

  /** The reading of this moment; those who ask while it is under way share it. */
  private read(): Promise<BooksState | undefined> {
    this.reading ??= this.books
      .read()
      .catch(() => undefined)
      .finally(() => setImmediate(() => (this.reading = undefined)));
    return this.reading;
  }
}
