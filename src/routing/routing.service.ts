import { Injectable } from '@nestjs/common';
import { CatalogService } from '../catalog/catalog.service.js';
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import type { CatalogCredential, CatalogModel, Deployment } from '../catalog/model.js';
import type { PriceSheet } from '../catalog/price.js';
import type { CompatibilityProfile } from '../core/compatibility.js';
import { nowMs } from '../core/clock.js';
import { FaregateError, invalidRequest } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { deploymentQuirks } from '../providers/registry.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { AutoDisable } from './auto-disable.service.js';
import type { AttemptMeasurement, Measured } from './deployment-stats.js';
import { MeasurementsStore } from './measurements.store.js';
import { attemptOrder, filterRoute, shareAttempts, type RouteNeeds, type RouteOption } from './plan-route.js';
import { rankCandidates } from './rank-candidates.js';
import { RetryBudget } from './retry-budget.js';
import { MAX_FURTHER_ATTEMPTS, RouteWalk, type Routed } from './route-walk.js';
import { describeRoute } from './route-evidence.js';
import { readRouting, type RoutingRequest } from './routing-preferences.js';
import { preferCached, StickySessions } from './sticky-sessions.js';
import { UpstreamHealth } from './upstream-health.service.js';

/** One attempt and at most two further ones. */
const MAX_CANDIDATES = 1 + MAX_FURTHER_ATTEMPTS;
/** Fallbacks of fallbacks are followed this far. */
const MAX_FALLBACKS = 5;

/** A call that wants a route. */
export interface RoutedCall {
  routing: JsonObject;
  model: CatalogModel;
  needs: RouteNeeds;
  /** Which conversation it belongs to; absent: none that could have a prompt cache. */
  session?: string | undefined;
  caller: {
    /** Organization's, project's, key's; see `readRouting`. */
    routingDefaults: readonly JsonObject[];
    organizationId: string;
    /** UUID of the key's group; absent: none. */
    groupId?: string | undefined;
    currency: string;
    profile: CompatibilityProfile;
  };
  /** Whether the caller may use a model. */
  mayUse: (model: CatalogModel) => boolean;
}

/** How an attempt ended, beside what was measured. */
export interface AttemptEnd {
  /** Absent: the provider needs none. */
  credentialId?: string | undefined;
  /** Absent: it served. */
  failure?: UpstreamFailure | undefined;
  session?: string | undefined;
}

/** Where a call may go. */
export interface Route {
  /** At least one, the first choice first. */
  candidates: { model: CatalogModel; deployment: Deployment }[];
  /** Who could have served as well, were it not ejected for its failures. */
  ejected: { model: CatalogModel; deployment: Deployment }[];
  /** Why, for the request's row; absent: nothing but the model was asked for. */
  evidence: JsonObject | undefined;
}

/** Who serves one model, in attempt order. */
interface ModelOrder {
  order: RouteOption[];
  /** Left out for their failures. */
  ejected: RouteOption[];
  /** A conversation stays where its prompt cache is. */
  kept: boolean;
}

/** Who may serve one model, in attempt order whatever their health, with their list prices. */
interface RankedModel {
  ranked: readonly RouteOption[];
  sheets: ReadonlyMap<RouteOption, PriceSheet>;
}

const NOBODY: RankedModel = { ranked: [], sheets: new Map() };

/** Where a call may go: the catalogue's deployments under the caller's demands, the best first. */
@Injectable()
export class RoutingService {
  private readonly budget = new RetryBudget();
  private readonly sessions = new StickySessions();

  constructor(
    private readonly catalog: CatalogService,
    private readonly health: UpstreamHealth,
    private readonly stats: MeasurementsStore,
    private readonly autoDisable: AutoDisable,
  ) {}

  /** The model behind a name. Throws 404 when there is none (statement 45). */
  resolve(name: string): CatalogModel {
    const model = this.catalog.snapshot().resolve(name);
    if (model) return model;
    throw new FaregateError('not_found', `The model "${name.slice(0, 200)}" does not exist`, {
      param: 'model',
      code: 'model_not_found',
    });
  }

  /** Throws FaregateError 400, 404 or 503 when nobody may or can serve. */
  plan(call: RoutedCall): Route {
    const snapshot = this.catalog.snapshot();
    const { groupId } = call.caller;
    const asked = readRouting(call.routing, call.caller.routingDefaults);
    if (call.caller.profile === 'cortecs') asked.wishes.preference ??= 'balanced';
    const fallbacks = this.fallbacksOf(call, asked, snapshot);
    const own = this.rank(call, call.model, asked, snapshot, fallbacks.length > 0);
    const others = fallbacks.map((model) => this.rankOrNone(call, model, asked, snapshot));
    const orders = this.ordersOf(call, asked, [own, ...others.filter(({ ranked }) => ranked.length > 0)]);
    const [nearest, ...further] = orders.map(({ order }) => order);
    const candidates = asked.wishes.allowFallbacks
      ? shareAttempts(nearest ?? [], further, MAX_CANDIDATES)
      : (nearest ?? []).slice(0, asked.wishes.order ? MAX_CANDIDATES : 1);
    const first = candidates[0];
    if (!first) throw new FaregateError('unavailable', `No provider serves "${call.model.id}" at the moment`);
    return {
      candidates: candidates.map(({ model, deployment }) => ({ model, deployment })),
      ejected: orders.flatMap(({ ejected }) => ejected),
      evidence: describeRoute(
        groupId === undefined ? undefined : snapshot.group(groupId),
        asked,
        candidates,
        orders[0]?.kept === true,
      ),
    };
  }

  /** The ways one upstream call of a conversation may go. */
  openWalk<C extends Routed & { deployment: Deployment }>(
    candidates: readonly C[],
    session?: string,
  ): RouteWalk<C> {
    return new RouteWalk(this.health.begins(candidates), {
      budget: this.budget,
      random: Math.random,
      pickCredential: ({ deployment }) => this.pickCredential(deployment, session),
      pickOther: ({ deployment }, tried) => this.pickCredential(deployment, session, tried),
    });
  }

  /**
   * Whose turn it is among the credentials of a deployment's provider: undefined where it needs none, or, given those
   * that were `tried`, where no other can be used now.
   */
  pickCredential(
    deployment: Deployment,
    session?: string,
    tried?: ReadonlySet<string>,
  ): CatalogCredential | undefined {
    const place = session === undefined ? undefined : this.sessions.find(session, nowMs());
    const preferredId = place?.deploymentId === deployment.id ? place.credentialId : undefined;
    return this.health.pickCredential(deployment, { preferredId, tried });
  }

  /** A call begins that may have to be tried again. */
  callBegan(): void {
    this.budget.callBegan();
  }

  /** A call ended, with so many further attempts. */
  callEnded(retries: number): void {
    this.budget.callEnded(retries);
  }

  /** How an attempt with a credential went; the failure is absent when it served. */
  attemptEnded(
    deployment: Deployment,
    measured: AttemptMeasurement,
    { credentialId, failure, session }: AttemptEnd,
  ): void {
    if (failure?.cause !== 'request') this.stats.record(deployment.id, measured);
    this.health.attemptEnded(deployment, { credentialId, failure });
    if (failure) this.autoDisable.consider(deployment, failure);
    if (session !== undefined && (measured.cachedTokens || measured.cacheWritten))
      this.sessions.remember(session, { deploymentId: deployment.id, credentialId }, nowMs());
  }

  /** What was measured of a deployment. */
  measured(deploymentId: string): Measured {
    return this.stats.of(deploymentId);
  }

  /** Models that may answer instead, nearest first; a name that nobody knows is a 400. */
  private fallbacksOf(
    call: RoutedCall,
    { wishes }: RoutingRequest,
    snapshot: CatalogSnapshot,
  ): CatalogModel[] {
    if (!wishes.allowModelFallback || !wishes.allowFallbacks) return [];
    const chain: CatalogModel[] = [];
    const add = (model: CatalogModel | undefined): void => {
      if (model && model !== call.model && !chain.includes(model) && call.mayUse(model)) chain.push(model);
    };
    if (wishes.fallbackModels) {
      for (const name of wishes.fallbackModels) {
        const model = snapshot.resolve(name);
        if (!model) throw invalidRequest(`The model "${name.slice(0, 200)}" does not exist`, 'models');
        add(model);
      }
      return chain;
    }
    let next = call.model.fallbackModel;
    for (let step = 0; next !== undefined && step < MAX_FALLBACKS; step++) {
      const model = snapshot.resolve(next);
      add(model);
      next = model?.fallbackModel;
    }
    return chain;
  }

  /**
   * Who is tried at a model and its fallbacks, nearest model first. One of which everybody is ejected comes behind those
   * that have somebody who is not: no call waits for an upstream that is known to be dead while another model may answer.
   */
  private ordersOf(call: RoutedCall, asked: RoutingRequest, models: readonly RankedModel[]): ModelOrder[] {
    const everyone = models.flatMap(({ ranked }) => ranked);
    const isOut = ({ ranked }: RankedModel): boolean =>
      everyone.length > 1 &&
      ranked.length > 0 &&
      ranked.every(({ deployment }) => this.health.isEjected(deployment));
    const out = models.filter(isOut);
    return [...models.filter((one) => !out.includes(one)), ...out].map((one) =>
      this.orderOf(call, asked, one, everyone),
    );
  }

  /** Who is tried at one model, by health and prompt cache; `everyone`: all who could serve the call. */
  private orderOf(
    { session }: RoutedCall,
    { wishes }: RoutingRequest,
    { ranked, sheets }: RankedModel,
    everyone: readonly RouteOption[],
  ): ModelOrder {
    if (ranked.length < 2) return { order: [...ranked], ejected: [], kept: false };
    const well = this.health.inOrder(ranked, everyone);
    const ejected = well.length === ranked.length ? [] : ranked.filter((one) => !well.includes(one));
    if (session === undefined || wishes.order) return { order: well, ejected, kept: false };
    const sticky = preferCached(
      well.map((candidate) => {
        const sheet = sheets.get(candidate);
        const inputPrice = Number(candidate.inputPrice ?? 0n);
        return {
          candidate,
          deploymentId: candidate.deployment.id,
          priority: candidate.deployment.priority,
          inputPrice,
          cachedPrice: Number(sheet?.dearestStandard('cache_read')?.unitPricePico ?? inputPrice),
        };
      }),
      this.sessions.find(session, nowMs())?.deploymentId,
    );
    return { order: sticky.candidates, ejected, kept: sticky.kept };
  }

  /** Who may serve a fallback model; nobody, where it cannot serve this under the demands. */
  private rankOrNone(
    call: RoutedCall,
    model: CatalogModel,
    asked: RoutingRequest,
    snapshot: CatalogSnapshot,
  ): RankedModel {
    const strict = { ...asked, demands: { ...asked.demands, requireParameters: true } };
    try {
      return this.rank(call, model, strict, snapshot, false);
    } catch (error) {
      if (error instanceof FaregateError) return NOBODY;
      throw error;
    }
  }

  /** Who may serve a model under the demands, in attempt order. `mayBeNone`: no deployment at all is no error. */
  private rank(
    call: RoutedCall,
    model: CatalogModel,
    asked: RoutingRequest,
    snapshot: CatalogSnapshot,
    mayBeNone: boolean,
  ): RankedModel {
    const { demands, wishes } = asked;
    const deployments = snapshot.deploymentsOf(model.id);
    if (deployments.length === 0 && mayBeNone) return NOBODY;
    const sheets = new Map<RouteOption, PriceSheet>();
    const options = deployments.map((deployment) => {
      const sheet = this.pricesOf(call, model, deployment, snapshot);
      const option: RouteOption = {
        model,
        deployment,
        refuses: deploymentQuirks(deployment).unsupported ?? [],
        inputPrice: sheet.dearestStandard('input')?.unitPricePico,
        outputPrice: sheet.dearestStandard('output')?.unitPricePico,
      };
      sheets.set(option, sheet);
      return option;
    });
    const isProvider = (slug: string): boolean => snapshot.provider(slug) !== undefined;
    const allowed = filterRoute({
      modelId: model.id,
      options,
      demands,
      needs: call.needs,
      named: asked.named,
      groupDeployments:
        call.caller.groupId === undefined ? undefined : snapshot.group(call.caller.groupId).deployments,
      isProvider,
    }).filter(
      ({ deployment }) =>
        wishes.allowFallbacks || !wishes.order || wishes.order.includes(deployment.provider.slug),
    );
    if (allowed.length < 2) return { ranked: allowed, sheets };
    const ranked = rankCandidates(
      allowed,
      (one) => this.standingOf(one, sheets.get(one)),
      wishes,
      Math.random(),
    );
    const priorityOf = ({ deployment }: RouteOption): number => deployment.priority;
    return { ranked: wishes.order ? ranked : attemptOrder(ranked, priorityOf), sheets };
  }

  private pricesOf(
    { caller }: RoutedCall,
    model: CatalogModel,
    { provider }: Deployment,
    snapshot: CatalogSnapshot,
  ): PriceSheet {
    const { currency, organizationId, groupId } = caller;
    const atMs = this.catalog.databaseNowMs();
    return snapshot.listPrices({
      modelId: model.id,
      providerId: provider.id,
      currency,
      organizationId,
      groupId,
      atMs,
    });
  }

  private standingOf({ deployment }: RouteOption, sheet: PriceSheet | undefined) {
    const { firstTokenMs, tokensPerSecond, errorRate, cacheShare } = this.stats.of(deployment.id);
    const price = (tokenClass: 'input' | 'output' | 'cache_read'): number | undefined => {
      const found = sheet?.priceOf(tokenClass, 0)?.unitPricePico;
      return found === undefined ? undefined : Number(found);
    };
    const input = price('input') ?? 0;
    return {
      provider: deployment.provider.slug,
      priority: deployment.priority,
      weight: deployment.weight,
      price: typicalPrice(input, price('cache_read') ?? input, price('output') ?? 0, cacheShare),
      firstTokenMs,
      tokensPerSecond,
      errorRate,
    };
  }
}

/** Three tokens in for one out, of those in the measured share at the price of the cache. */
const typicalPrice = (input: number, cached: number, output: number, cacheShare: number): number =>
  3 * (input * (1 - cacheShare) + cached * cacheShare) + output;
