import type { CatalogCredential } from '../catalog/model.js';
import type { FailureCause, UpstreamFailure } from '../providers/upstream-failure.js';
import type { RetryBudget } from './retry-budget.js';

/** One who may serve. */
export interface Routed {
  model: { id: string };
  deployment: { id: string };
}

/** Whom to try next, with which credential (absent: it needs none), and how long to wait before. */
export interface RouteStep<C> {
  candidate: C;
  credential: CatalogCredential | undefined;
  waitMs: number;
}

/** What a walk goes by beside its candidates. */
export interface RouteMeans<C> {
  budget: RetryBudget;
  /** Uniform in [0, 1). */
  random: () => number;
  /** The credential to ask a candidate with. */
  pickCredential: (candidate: C) => CatalogCredential | undefined;
  /** Another one that may be used at once, and was not tried; undefined: there is none. */
  pickOther: (candidate: C, tried: ReadonlySet<string>) => CatalogCredential | undefined;
}

/** What bounds the next step. */
export interface StepLimits {
  /** The caller has been told this model already: no other may answer. */
  onlyModel?: string | undefined;
  /** Milliseconds until the whole call has to be over. */
  timeLeftMs: number;
}

/** Further attempts after the first, at most. */
export const MAX_FURTHER_ATTEMPTS = 2;
/** Waits before the same deployment is tried again: a random time up to 100 ms, then up to 200 ms. */
const BASE_WAIT_MS = 100;
/** An upstream that asks for a longer wait is not waited for: the caller is told to come back instead. */
const MAX_WAIT_MS = 2_000;
/** Refusals of one credential: the same deployment may well answer with another. */
const OF_CREDENTIAL: readonly FailureCause[] = ['account', 'rate_limit'];
/** What remains the same however soon the same deployment is asked again. */
const LASTING: readonly FailureCause[] = ['account', 'model', 'request', 'timeout'];

/**
 * The one retry layer: which candidates one upstream call tries, in which order, and when it gives up. Where only a
 * credential was refused the same deployment is tried at once with another of its credentials. Else the next
 * candidate is tried at once, the same deployment again only when nobody else is left and after a random wait
 * ("full jitter") that is never shorter than the upstream asked for. A fault of the request and a timeout are not
 * tried again at the same model (statement 69: 400, 408, 504 and 524); after a timeout another model may answer.
 */
export class RouteWalk<C extends Routed> {
  private readonly untried: C[];
  private last: C | undefined;
  /** Candidates that may be asked a second time. */
  private again: C[] = [];
  /** Models of which a candidate gave no answer in time: it may still be working, and charging. */
  private readonly closed = new Set<string>();
  /** Credentials that were used. */
  private readonly tried = new Set<string>();
  private attempts = 0;
  private taken = 0;
  /** What the latest failure asked to wait. */
  private askedWaitMs = 0;

  constructor(
    candidates: readonly C[],
    private readonly means: RouteMeans<C>,
  ) {
    this.untried = [...candidates];
  }

  /** Retries taken from the budget so far: what the call gives back at its end, made or not. */
  get retries(): number {
    return this.taken;
  }

  /** The first candidate. */
  begin(): RouteStep<C> | undefined {
    return this.step(this.untried.shift(), 0);
  }

  /** Whom to try after this failure of the latest candidate; undefined: the failure is final. */
  after(failure: UpstreamFailure, limits: StepLimits): RouteStep<C> | undefined {
    if (failure.cause === 'request' || this.attempts > MAX_FURTHER_ATTEMPTS) return undefined;
    const failed = this.last;
    this.askedWaitMs = (failure.waitSeconds ?? 0) * 1_000;
    if (failed) this.note(failed, failure.cause);
    const other =
      failed && OF_CREDENTIAL.includes(failure.cause) && this.isOpen(failed, limits)
        ? this.means.pickOther(failed, this.tried)
        : undefined;
    if (failed && other) return this.takeRetry() ? this.step(failed, 0, other) : undefined;
    const next = this.findNext(limits);
    if (next === undefined || !this.takeRetry()) return undefined;
    return this.step(next.candidate, next.waitMs);
  }

  /** The latest candidate could not even be asked; whoever is next, as if it had never been there. */
  skip(limits: StepLimits): RouteStep<C> | undefined {
    this.attempts -= 1;
    this.again = this.again.filter((one) => one !== this.last);
    const next = this.findNext(limits);
    // Who comes after a failure has the retry that the skipped one took.
    return next && this.step(next.candidate, next.waitMs);
  }

  private takeRetry(): boolean {
    const isTaken = this.means.budget.take();
    if (isTaken) this.taken += 1;
    return isTaken;
  }

  /** Whether the one that failed, and others of its model, may be asked a second time. */
  private note(failed: C, cause: FailureCause): void {
    if (cause === 'timeout') this.closed.add(failed.model.id);
    this.again = this.again.filter((one) => one !== failed);
    if (!LASTING.includes(cause)) this.again.push(failed);
  }

  private step(
    candidate: C | undefined,
    waitMs: number,
    credential = candidate && this.means.pickCredential(candidate),
  ): RouteStep<C> | undefined {
    if (candidate === undefined) return undefined;
    this.attempts += 1;
    this.last = candidate;
    if (credential) this.tried.add(credential.id);
    return { candidate, credential, waitMs };
  }

  /** The next that was never asked, at once; else one that may be asked again, unless that is too long to wait for. */
  private findNext(limits: StepLimits): { candidate: C; waitMs: number } | undefined {
    const untried = this.takeUntried(limits);
    if (untried) return { candidate: untried, waitMs: 0 };
    const candidate = this.again.find((one) => this.isOpen(one, limits));
    if (candidate === undefined) return undefined;
    const waitMs = Math.max(this.jitterMs(), this.askedWaitMs);
    const isTooLong = waitMs > 0 && waitMs >= Math.min(limits.timeLeftMs, MAX_WAIT_MS);
    return isTooLong ? undefined : { candidate, waitMs };
  }

  /** The next that was never asked. */
  private takeUntried(limits: StepLimits): C | undefined {
    const index = this.untried.findIndex((one) => this.isOpen(one, limits));
    return index === -1 ? undefined : this.untried.splice(index, 1)[0];
  }

  private isOpen(candidate: C, { onlyModel }: StepLimits): boolean {
    if (this.closed.has(candidate.model.id)) return false;
    return onlyModel === undefined || candidate.model.id === onlyModel;
  }

  private jitterMs(): number {
    return Math.round(this.means.random() * BASE_WAIT_MS * 2 ** Math.max(0, this.attempts - 1));
  }
}
