import { unavailable } from '../core/errors.js';
import { withMembers } from '../core/json.js';
import type { CatalogModel, CatalogProvider, Deployment, KeyGroup } from './model.js';
import { indexModelNames, undatedName } from './model-names.js';
import { selectPrices, type PriceEntry, type PriceKind, type PriceSheet, type TimedSheet } from './price.js';

/** All rows of the catalogue as they were at one version. */
export interface CatalogContents {
  /** Number that moves with every change of the catalogue. */
  version: bigint;
  models: readonly CatalogModel[];
  providers: readonly CatalogProvider[];
  deployments: readonly Deployment[];
  prices: readonly PriceEntry[];
  groups: readonly KeyGroup[];
}

/** Which list prices are wanted. */
export interface ListPriceQuery {
  modelId: string;
  providerId: string;
  organizationId: string;
  /** The key's group; absent: none. */
  groupId?: string | undefined;
  currency: string;
  /** Milliseconds of the database's clock. */
  atMs: number;
}

/** Which cost prices are wanted. */
export type CostPriceQuery = Omit<ListPriceQuery, 'organizationId' | 'groupId'>;

/** The prices of one kind, model and currency, with the sheets made from them so far. */
interface PriceShelf {
  entries: PriceEntry[];
  /** Organizations with a contract price here; everybody else shares a sheet. */
  organizations: Set<string>;
  sheets: Map<string, TimedSheet>;
}

/** The catalogue at one version, indexed for the request path. Does not change; prices still follow the clock. */
export class CatalogSnapshot {
  readonly version: bigint;
  private readonly activeModels: readonly CatalogModel[];
  private readonly names: Map<string, CatalogModel>;
  private readonly slugs: Map<string, CatalogProvider>;
  private readonly deployments: Map<string, readonly Deployment[]>;
  private readonly allDeployments: readonly Deployment[];
  private readonly shelves = new Map<string, PriceShelf>();
  private readonly groups: Map<string, KeyGroup>;
  /** Currencies in which models have cost prices. */
  private readonly costCurrencies = new Map<string, Set<string>>();

  constructor(contents: CatalogContents) {
    this.version = contents.version;
    this.activeModels = contents.models.filter((model) => model.status === 'active');
    this.names = indexModelNames(this.activeModels);
    this.slugs = new Map(contents.providers.map((provider) => [provider.slug, provider]));
    this.deployments = groupDeployments(contents.deployments);
    this.allDeployments = contents.deployments;
    this.groups = new Map(contents.groups.map((group) => [group.id, group]));
    for (const entry of contents.prices) this.shelve(entry);
  }

  /** The active model behind an id, an alias, Anthropic's own form of an id, or one of these with a date. */
  resolve(name: string): CatalogModel | undefined {
    const found = this.names.get(name);
    if (found) return found;
    const undated = undatedName(name);
    return undated === undefined ? undefined : this.names.get(undated);
  }

  /** Every active model. */
  models(): readonly CatalogModel[] {
    return this.activeModels;
  }

  /**
   * Active deployments of a model at active providers that have a credential in use, or need none; empty when nothing serves it. Simulated ones are left
   * out as soon as a real provider serves the model.
   */
  deploymentsOf(modelId: string): readonly Deployment[] {
    return this.deployments.get(modelId) ?? [];
  }

  /** The deployment of a UUID, whatever its status; undefined when there is none or it is deleted. */
  deployment(id: string): Deployment | undefined {
    return this.allDeployments.find((deployment) => deployment.id === id);
  }

  /** Deployments that their upstreams' refusals switched off, and that test calls may switch on again. */
  deploymentsToTest(): readonly Deployment[] {
    return this.allDeployments.filter(
      ({ status, autoDisable }) =>
        status === 'auto_disabled' && (autoDisable?.retestSeconds ?? null) !== null,
    );
  }

  /** The provider of a slug, active or not; undefined when there is none. */
  provider(slug: string): CatalogProvider | undefined {
    return this.slugs.get(slug);
  }

  /**
   * The group of a key. Throws unavailable for one that is not known yet: nobody is charged or served as if they were in
   * none.
   */
  group(id: string): KeyGroup {
    const group = this.groups.get(id);
    if (group) return group;
    throw unavailable('The group of this key is not loaded yet');
  }

  /** What a key of an organization pays for a model served by a provider. Throws as `group` does. */
  listPrices(query: ListPriceQuery): PriceSheet {
    const ppm = query.groupId === undefined ? LIST_PPM : this.group(query.groupId).multiplierPpm;
    return this.multipliedPrices(query, ppm);
  }

  /** List prices times a multiplier that some group has or had; without any prices where none ever had it. */
  multipliedPrices(query: Omit<ListPriceQuery, 'groupId'>, multiplierPpm: number): PriceSheet {
    return this.sheet('list', query, multiplierPpm, query.organizationId);
  }

  /** A currency in which the provider takes something for the model; undefined: it has no cost price. */
  costCurrency(query: Omit<CostPriceQuery, 'currency'>): string | undefined {
    const currencies = [...(this.costCurrencies.get(query.modelId) ?? [])];
    return currencies.find((currency) => this.costPrices(withMembers(query, { currency })).has('input'));
  }

  /** What the provider takes from us. */
  costPrices(query: CostPriceQuery): PriceSheet {
    return this.sheet('cost', query, LIST_PPM, undefined);
  }

  private sheet(
    kind: PriceKind,
    query: CostPriceQuery,
    multiplierPpm: number,
    organizationId: string | undefined,
  ): PriceSheet {
    const shelf = this.shelves.get(shelfKey(kind, query, multiplierPpm)) ?? EMPTY_SHELF;
    const contract =
      organizationId !== undefined && shelf.organizations.has(organizationId) ? organizationId : '';
    const key = `${query.providerId} ${contract}`;
    const kept = shelf.sheets.get(key);
    if (kept && kept.fromMs <= query.atMs && query.atMs < kept.untilMs) return kept.sheet;
    const made = selectPrices(shelf.entries, {
      providerId: query.providerId,
      organizationId: contract === '' ? undefined : contract,
      atMs: query.atMs,
    });
    if (shelf !== EMPTY_SHELF) shelf.sheets.set(key, made);
    return made.sheet;
  }

  private shelve(entry: PriceEntry): void {
    const { modelId, version, multiplierPpm = LIST_PPM } = entry;
    const key = shelfKey(entry.kind, { modelId, currency: version.currency }, multiplierPpm);
    let shelf = this.shelves.get(key);
    if (!shelf) {
      shelf = { entries: [], organizations: new Set(), sheets: new Map() };
      this.shelves.set(key, shelf);
    }
    shelf.entries.push(entry);
    if (entry.kind === 'cost') {
      const currencies = this.costCurrencies.get(modelId) ?? new Set();
      this.costCurrencies.set(modelId, currencies.add(version.currency));
    }
    if (entry.organizationId !== undefined) shelf.organizations.add(entry.organizationId);
  }
}

const EMPTY_SHELF: PriceShelf = { entries: [], organizations: new Set(), sheets: new Map() };

/** The list price itself. */
const LIST_PPM = 1_000_000;

const shelfKey = (
  kind: PriceKind,
  { modelId, currency }: { modelId: string; currency: string },
  multiplierPpm: number,
): string => `${kind} ${multiplierPpm} ${currency} ${modelId}`;

const isCallable = ({ status, needsCredential, credentials }: CatalogProvider): boolean =>
  status === 'active' && (!needsCredential || credentials.length > 0);

function groupDeployments(deployments: readonly Deployment[]): Map<string, readonly Deployment[]> {
  const groups = new Map<string, Deployment[]>();
  for (const deployment of deployments) {
    if (deployment.status !== 'active' || !isCallable(deployment.provider)) continue;
    const group = groups.get(deployment.modelId);
    if (group) group.push(deployment);
    else groups.set(deployment.modelId, [deployment]);
  }
  for (const [modelId, group] of groups) {
    const real = group.filter((deployment) => !deployment.provider.simulated);
    if (real.length > 0) groups.set(modelId, real);
  }
  return groups;
}
