import { Injectable } from '@nestjs/common';
import type { CatalogCredential, Deployment } from '../catalog/model.js';
import { nowMs } from '../core/clock.js';
import { AppConfig } from '../platform/config/app-config.js';
import type { FailureCause, UpstreamFailure } from '../providers/upstream-failure.js';
import { CredentialRotation } from './credential-rotation.js';
import { byHealth, isEjected, waitMsOf, type HealthClock, type HealthState } from './deployment-health.js';
import { credentialKey, deploymentKey, HealthStore, quotaKey } from './health.store.js';

/** How long customers' calls leave it to probes whether an ejection ends; then they try, should nobody have probed. */
const PROBE_GRACE_MS = 60_000;
/** Failures of a probe that prolong an ejection. */
const DECIDING: readonly FailureCause[] = ['fault', 'timeout', 'account', 'model'];

/** Which of a provider's credentials is wanted. */
export interface CredentialWish {
  /** The one that holds the conversation's prompt cache; absent: none is known. */
  preferredId?: string | undefined;
  /** Those that were tried: only another one that can be used at once is wanted. */
  tried?: ReadonlySet<string> | undefined;
}

/** With which credential (absent: the provider needs none) a deployment was asked, and what failed (absent: nothing). */
export interface AskedWith {
  credentialId?: string | undefined;
  failure?: UpstreamFailure | undefined;
}

/** What the health of deployments, and of credentials at them, means for who is asked next and with what. */
@Injectable()
export class UpstreamHealth {
  private readonly rotation = new CredentialRotation();

  constructor(
    private readonly store: HealthStore,
    private readonly config: AppConfig,
  ) {}

  /** Puts those that are well first; `among`: all who could serve, these included. See `byHealth`. */
  inOrder<C extends { deployment: Deployment }>(candidates: readonly C[], among: readonly C[]): C[] {
    return byHealth(candidates, ({ deployment }) => this.statesOf(deployment), this.clock(), among);
  }

  /** Whether calls of customers keep away from it. */
  isEjected(deployment: Deployment): boolean {
    return isEjected(this.statesOf(deployment), this.clock());
  }

  /**
   * A call is about to go to the first of these. When an ejection there is over, it is the one that decides; when another
   * call has become that one since these were chosen, somebody else of the same model comes first, where there is one.
   */
  begins<C extends { model: { id: string }; deployment: Deployment }>(
    candidates: readonly C[],
  ): readonly C[] {
    const [first] = candidates;
    if (first === undefined) return candidates;
    const isOut = ({ deployment }: C): boolean => this.isEjected(deployment);
    const isOpen = (one: C): boolean => one.model.id === first.model.id && !isOut(one);
    const inTurn =
      isOut(first) && candidates.some(isOpen)
        ? [...candidates.filter((one) => !isOut(one)), ...candidates.filter(isOut)]
        : candidates;
    this.store.probe(deploymentKey((inTurn[0] ?? first).deployment.id));
    return inTurn;
  }

  /**
   * Whose turn it is among the credentials of a deployment's provider: undefined where it needs none, or, given those
   * that were tried, where no other can be used now.
   */
  pickCredential(
    { id, provider }: Deployment,
    { preferredId, tried }: CredentialWish = {},
  ): CatalogCredential | undefined {
    const now = this.clock();
    const picked = this.rotation.pick(provider.credentials, {
      waitMs: (one) => waitMsOf(this.statesOfCredential(one.id, id), now),
      preferredId,
      tried,
      onlyWell: tried !== undefined,
    });
    this.store.probe(credentialKey(picked?.id ?? provider.id));
    return picked;
  }

  /** How a customer's attempt went. */
  attemptEnded(deployment: Deployment, { credentialId, failure }: AskedWith): void {
    const keys = healthKeys(deployment, credentialId);
    if (failure) this.store.failed(keys[blamed(failure)], failure);
    else Object.values(keys).forEach((key) => this.store.succeeded(key));
  }

  /** How a test call of the house went that was made for what `key` names. */
  probeEnded(deployment: Deployment, { key, credentialId, failure }: AskedWith & { key: string }): void {
    const keys = healthKeys(deployment, credentialId);
    if (failure === undefined || !DECIDING.includes(failure.cause)) {
      // It answers, if only that it has much to do.
      this.store.succeeded(key);
      if (failure) this.store.failed(keys[blamed(failure)], failure);
      return;
    }
    this.store.failed(key, { ...failure, cause: 'fault' });
    const blamedKey = keys[blamed(failure)];
    if (blamedKey !== key) this.store.failed(blamedKey, failure);
  }

  private clock(): HealthClock {
    return { nowMs: nowMs(), graceMs: this.config.healthProbes === 'active' ? PROBE_GRACE_MS : 0 };
  }

  /** Of the deployment and of the credential that would be used: the best there is. */
  private statesOf({ id, provider }: Deployment): (HealthState | undefined)[] {
    const ids = provider.credentials.length > 0 ? provider.credentials.map((one) => one.id) : [provider.id];
    const states = ids.map((credentialId) => this.statesOfCredential(credentialId, id));
    const now = this.clock();
    const best = states.reduce((a, b) => (waitMsOf(b, now) < waitMsOf(a, now) ? b : a));
    return [this.store.of(deploymentKey(id)), ...best];
  }

  private statesOfCredential(credentialId: string, deploymentId: string): (HealthState | undefined)[] {
    return [this.store.of(credentialKey(credentialId)), this.store.of(quotaKey(credentialId, deploymentId))];
  }
}

/** What may be ill: the deployment, the credential (where none is needed, the provider), its quota there. */
function healthKeys({ id, provider }: Deployment, credentialId = provider.id) {
  return {
    deployment: deploymentKey(id),
    credential: credentialKey(credentialId),
    quota: quotaKey(credentialId, id),
  };
}

/** Whose failure it is. */
function blamed({ cause }: UpstreamFailure): 'deployment' | 'credential' | 'quota' {
  if (cause === 'account') return 'credential';
  return cause === 'rate_limit' ? 'quota' : 'deployment';
}
