import { Injectable } from '@nestjs/common';
import { invalidRequest } from '../../../core/errors.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { CatalogService } from '../../catalog.service.js';
import type { PriceKind } from '../../price.js';
import type { WantedPrice } from '../publication/plan-publication.js';
import { PublicationsService } from '../publication/publications.service.js';
import { importReport, type ImportReport } from './import-report.js';
import { LitellmFormatError, readLitellmPrices, type LitellmEntry } from './litellm-prices.js';
import { matchEntries, type NameBook } from './match-entries.js';

/** LiteLLM's prices are in US dollars. */
const CURRENCY = 'USD';

/** What is imported, and as what. */
export interface LitellmImport {
  actor: AdminActor;
  /** The text of model_prices_and_context_window.json. */
  text: string;
  kind: PriceKind;
  /** Slug or id: prices of, or at, this provider. Needed for cost prices. */
  provider?: string | undefined;
  /** Only entries of this `litellm_provider`. */
  vendor?: string | undefined;
  /** RFC 3339; a moment from now when absent. */
  validFrom?: string | undefined;
  dryRun: boolean;
}

/** Enters the prices of LiteLLM's file for the models of the catalogue, and says what was not taken and why. */
@Injectable()
export class LitellmImportService {
  constructor(
    private readonly publications: PublicationsService,
    private readonly catalog: CatalogService,
  ) {}

  /**
   * Models whose price list is whole and valid are published, each price at most once; the report names the rest.
   * Throws invalid_request when the file, the provider or the instant cannot be used, conflict when a price could not
   * take over at the instant; then nothing is stored.
   */
  async import(order: LitellmImport): Promise<ImportReport> {
    const { kind, provider, vendor, actor, dryRun } = order;
    if (kind === 'cost' && provider === undefined) {
      throw invalidRequest('provider is needed for cost prices', 'provider');
    }
    const providerId = await this.publications.getProvider(provider, 'provider');
    const entries = readEntries(order.text).filter(
      (entry) => vendor === undefined || entry.vendor === vendor,
    );
    if (entries.length === 0) throw invalidRequest('the file has no entry to import', 'file');
    const matches = matchEntries(entries, this.names(providerId));
    const group = { kind, currency: CURRENCY, providerId, organizationId: null };
    const whole = matches.matched.filter(
      ({ entry }) => entry.refused.length === 0 && entry.prices.length > 0,
    );
    const wanted = whole.flatMap(({ modelId, entry }) =>
      entry.prices.map(({ tokenClass, tierFrom, unitPricePico }): WantedPrice => ({
        sku: { ...group, modelId, tokenClass, tierFrom, serviceTier: 'standard' },
        unitPricePico,
      })),
    );
    const validFrom = this.publications.instantOf(order.validFrom);
    const { plan } = await this.publications.put(wanted, group, {
      actor,
      validFrom,
      source: `litellm ${vendor ?? 'prices'}`,
      dryRun,
    });
    return importReport({ validFrom, dryRun, matches, plan });
  }

  private names(providerId: string | null): NameBook {
    const snapshot = this.catalog.snapshot();
    return {
      resolve: (name) => snapshot.resolve(name),
      served: (name) =>
        providerId === null
          ? undefined
          : snapshot
              .models()
              .find((model) =>
                snapshot
                  .deploymentsOf(model.id)
                  .some((served) => served.provider.id === providerId && served.upstreamModel === name),
              ),
    };
  }
}

function readEntries(text: string): LitellmEntry[] {
  try {
    return readLitellmPrices(text);
  } catch (error) {
    if (error instanceof LitellmFormatError) throw invalidRequest(`the file ${error.message}`, 'file');
    throw error;
  }
}
