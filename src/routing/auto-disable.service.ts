import { Injectable, Logger } from '@nestjs/common';
import { CatalogService } from '../catalog/catalog.service.js';
import type { Deployment } from '../catalog/model.js';
import { publicId } from '../core/ids.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { reasonToDisable } from './auto-disable.js';
import { DeploymentOutagesRepository } from './deployment-outages.repository.js';

/**
 * Switches deployments off when their upstreams say what their rules name (statement 70). In this process it is done when
 * the refusal is stored, in every other within two seconds, as any change of the catalogue.
 */
@Injectable()
export class AutoDisable {
  private readonly log = new Logger('AutoDisable');
  /** Deployments that are being switched off. */
  private readonly underWay = new Set<string>();

  constructor(
    private readonly outages: DeploymentOutagesRepository,
    private readonly catalog: CatalogService,
  ) {}

  /** Looks at a failure; the call that met it does not wait for what follows. */
  consider(deployment: Deployment, failure: UpstreamFailure): void {
    // One refused credential of several is rested by itself; the others go on.
    if (failure.cause === 'account' && deployment.provider.credentials.length > 1) return;
    const reason = reasonToDisable(deployment.autoDisable, failure);
    if (reason === undefined || this.underWay.has(deployment.id)) return;
    this.underWay.add(deployment.id);
    this.switchOff(deployment, reason)
      .catch((error: Error) => this.log.error(`${nameOf(deployment)} is still on: ${error.message}`))
      .finally(() => this.underWay.delete(deployment.id));
  }

  /** Switches one on that passed its test; false when it is not off by itself any more. */
  async switchOn(deployment: Deployment): Promise<boolean> {
    if (!(await this.outages.switchOn(deployment.id))) return false;
    await this.catalog.refresh().catch(() => undefined);
    this.log.log(`${nameOf(deployment)} passed its test and is switched on`);
    return true;
  }

  private async switchOff(deployment: Deployment, reason: string): Promise<void> {
    if (!(await this.outages.switchOff(deployment.id, reason))) return;
    await this.catalog.refresh().catch(() => undefined);
    this.log.warn(`${nameOf(deployment)} is switched off: ${reason}`);
  }
}

const nameOf = ({ id, modelId, provider }: Deployment): string =>
  `${publicId('deployment', id)} (${modelId} at ${provider.slug})`;
