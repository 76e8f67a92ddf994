import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CatalogService } from '../../catalog/catalog.service.js';
import type { CatalogCredential, Deployment } from '../../catalog/model.js';
import { AppConfig } from '../../platform/config/app-config.js';
import { credentialKey, deploymentKey, HealthStore } from '../../routing/health.store.js';
import { UpstreamHealth } from '../../routing/upstream-health.service.js';
import { DeploymentTester } from './deployment-tester.service.js';

/** How often it is looked whether an ejection is over; costs nothing while nothing is ejected. */
const LOOK_MS = 1_000;
/** Probes under way in this process at once. */
const MAX_PROBES = 4;

/** What is to be found out, and by asking whom with what. */
interface Question {
  key: string;
  deployment: Deployment;
  /** Absent: whose turn it is. */
  credential?: CatalogCredential | undefined;
}

/**
 * Decides with a call of a few tokens whether an ejection ends, so that no customer's call has to (`HEALTH_PROBES=active`).
 * One process makes each probe; a failed one prolongs the ejection, so probes of what stays ill become rare.
 */
@Injectable()
export class HealthProbes implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('HealthProbes');
  private timer: NodeJS.Timeout | undefined;
  private running = 0;

  constructor(
    private readonly config: AppConfig,
    private readonly catalog: CatalogService,
    private readonly store: HealthStore,
    private readonly health: UpstreamHealth,
    private readonly tester: DeploymentTester,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.healthProbes === 'active')
      this.timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    try {
      for (const question of this.questions()) {
        if (this.running >= MAX_PROBES) return;
        if (await this.store.claimProbe(question.key)) void this.probe(question);
      }
    } catch (error) {
      this.log.warn(`no probe was made: ${(error as Error).message}`);
    }
  }

  /** Everything whose ejection is over, each once. */
  private questions(): Question[] {
    const snapshot = this.catalog.snapshot();
    const questions = new Map<string, Question>();
    const add = (question: Question): void => {
      if (!questions.has(question.key) && this.store.isHalfOpen(question.key))
        questions.set(question.key, question);
    };
    for (const deployment of snapshot.models().flatMap(({ id }) => snapshot.deploymentsOf(id))) {
      const { id, provider } = deployment;
      for (const credential of provider.credentials)
        add({ key: credentialKey(credential.id), deployment, credential });
      if (!provider.needsCredential) add({ key: credentialKey(provider.id), deployment });
      add({ key: deploymentKey(id), deployment });
    }
    return [...questions.values()];
  }

  private async probe({ key, deployment, credential }: Question): Promise<void> {
    this.running += 1;
    try {
      const outcome = await this.tester.test(deployment, credential);
      this.health.probeEnded(deployment, {
        key,
        credentialId: outcome.credentialId,
        failure: outcome.failure,
      });
    } catch (error) {
      this.log.warn(`a probe was not made: ${(error as Error).message}`);
    } finally {
      this.running -= 1;
    }
  }
}
