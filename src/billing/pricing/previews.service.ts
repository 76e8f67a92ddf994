import { Injectable } from '@nestjs/common';
import { CatalogService } from '../../catalog/catalog.service.js';
import { PriceSheet } from '../../catalog/price.js';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { PastLinesRepository, type PastWindow } from './past-lines.repository.js';
import { showPreview } from './preview-view.js';
import { triedSheets, type TriedPrice } from './preview-prices.js';
import { PreviewFold, type PastLine } from './rerate.js';

/** Which past charges under which other prices: those given, or those of the price book at an instant. */
export interface PreviewOrder extends PastWindow {
  prices?: readonly TriedPrice[] | undefined;
  /** ISO 4217, of the prices given; charges in other currencies keep theirs. */
  currency?: string | undefined;
  /** RFC 3339, not in the past. */
  pricesAt?: string | undefined;
}

/** Each holds a snapshot of the database open. */
const MAX_RUNNING = 2;

/** What past usage would have cost. Reads only. */
@Injectable()
export class PreviewsService {
  private running = 0;

  constructor(
    private readonly lines: PastLinesRepository,
    private readonly catalog: CatalogService,
  ) {}

  /** Throws invalid_request naming the field, rate_limit when too many previews run at once. */
  async preview(order: PreviewOrder) {
    if (order.from >= order.to) throw invalidRequest('to must lie after from', 'to');
    const fold = new PreviewFold(this.sheetOf(order));
    if (this.running >= MAX_RUNNING) {
      const retry = { retryAfterSeconds: 30 };
      throw new FaregateError('rate_limit', 'Too many previews are running at once.', retry);
    }
    this.running += 1;
    try {
      for await (const page of this.lines.read(order)) for (const line of page) fold.add(line);
    } finally {
      this.running -= 1;
    }
    return showPreview(order, fold.finish());
  }

  private sheetOf({ prices, currency, pricesAt }: PreviewOrder): (line: PastLine) => PriceSheet | undefined {
    if ((prices === undefined) === (pricesAt === undefined)) {
      throw invalidRequest('either prices or prices_at must be given', 'prices');
    }
    if (prices !== undefined) {
      if (currency === undefined) throw invalidRequest('currency is needed with prices', 'currency');
      const sheets = triedSheets(prices, currency);
      const multiplied = new Map<string, PriceSheet | undefined>();
      return ({ currency: of, modelId, multiplierPpm }) => {
        if (of !== currency) return undefined;
        const key = `${multiplierPpm} ${modelId}`;
        if (!multiplied.has(key)) multiplied.set(key, sheets.get(modelId)?.times(BigInt(multiplierPpm)));
        return multiplied.get(key);
      };
    }
    const atMs = Date.parse(pricesAt ?? '');
    // Prices that have ended are not all kept in memory; those of the past stand in the charges themselves.
    if (atMs < this.catalog.databaseNowMs() - 1_000) {
      throw invalidRequest('prices_at must not lie in the past', 'prices_at');
    }
    const snapshot = this.catalog.snapshot();
    return ({ modelId, providerId, organizationId, currency: of, multiplierPpm }) =>
      snapshot.multipliedPrices({ modelId, providerId, organizationId, currency: of, atMs }, multiplierPpm);
  }
}
