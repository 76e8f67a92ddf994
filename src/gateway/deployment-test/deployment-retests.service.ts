import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CatalogService } from '../../catalog/catalog.service.js';
import type { Deployment } from '../../catalog/model.js';
import { AutoDisable } from '../../routing/auto-disable.service.js';
import { DeploymentOutagesRepository } from '../../routing/deployment-outages.repository.js';
import { DeploymentTester } from './deployment-tester.service.js';

/** How often it is looked whether a test is due; costs nothing while nothing is switched off. */
const LOOK_MS = 1_000;

/**
 * Tests deployments that their upstreams' refusals switched off, as often as their rules say, and switches on what answers.
 * Of several processes one makes each test. What an administrator disabled is left alone.
 */
@Injectable()
export class DeploymentRetests implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('AutoDisable');
  private timer: NodeJS.Timeout | undefined;
  private isLooking = false;
  private isFailing = false;

  constructor(
    private readonly catalog: CatalogService,
    private readonly outages: DeploymentOutagesRepository,
    private readonly autoDisable: AutoDisable,
    private readonly tester: DeploymentTester,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      const due = this.catalog.snapshot().deploymentsToTest();
      await Promise.all(due.map((one) => this.retest(one)));
      this.isFailing = false;
    } catch (error) {
      // Once per outage, not once per second.
      if (!this.isFailing) this.log.warn(`deployments are not tested: ${(error as Error).message}`);
      this.isFailing = true;
    } finally {
      this.isLooking = false;
    }
  }

  private async retest(deployment: Deployment): Promise<void> {
    const seconds = deployment.autoDisable?.retestSeconds;
    if (seconds === undefined || seconds === null || !(await this.outages.claimTest(deployment.id, seconds)))
      return;
    const { passed, error } = await this.tester.test(deployment);
    if (passed) await this.autoDisable.switchOn(deployment);
    else await this.outages.noteFailure(deployment.id, error ?? 'no answer');
  }
}
