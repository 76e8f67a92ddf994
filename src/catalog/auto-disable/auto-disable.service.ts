import { Injectable } from '@nestjs/common';
import { parsePublicId, publicId } from '../../core/ids.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { CatalogService } from '../catalog.service.js';
import { DeploymentsService } from '../deployments/deployments.service.js';
import type { AutoDisablePolicy } from '../model.js';
import { ProvidersService } from '../providers/providers.service.js';
import { DEFAULT_KEYWORDS, DEFAULT_STATUSES } from './auto-disable-defaults.js';
import type { AutoDisableResource, PutAutoDisable } from './auto-disable.dto.js';
import { AutoDisableRepository, type RuleOwner } from './auto-disable.repository.js';

/** What admins say about deployments that switch themselves off. */
@Injectable()
export class AutoDisableService {
  constructor(
    private readonly rules: AutoDisableRepository,
    private readonly providers: ProvidersService,
    private readonly deployments: DeploymentsService,
    private readonly catalog: CatalogService,
  ) {}

  /** Throws not_found. */
  async ofProvider(idOrSlug: string): Promise<AutoDisableResource> {
    return this.show((await this.provider(idOrSlug)).owner);
  }

  /** Throws not_found. */
  async ofDeployment(id: string): Promise<AutoDisableResource> {
    await this.deployments.get(id);
    return this.show({ deploymentId: id });
  }

  /** Null: the provider has no rule of its own any more. */
  async putOfProvider(actor: AdminActor, idOrSlug: string, body: PutAutoDisable | null) {
    const { owner, targetId } = await this.provider(idOrSlug);
    return this.put(owner, body, { actor, targetKind: 'provider', targetId });
  }

  /** Null: the provider's rule holds again. */
  async putOfDeployment(actor: AdminActor, id: string, body: PutAutoDisable | null) {
    await this.deployments.get(id);
    const targetId = publicId('deployment', id);
    return this.put({ deploymentId: id }, body, { actor, targetKind: 'deployment', targetId });
  }

  private async put(
    owner: RuleOwner,
    body: PutAutoDisable | null,
    entry: { actor: AdminActor; targetKind: string; targetId: string },
  ): Promise<AutoDisableResource> {
    await this.rules.put(owner, body && policyOf(body), entry);
    await this.catalog.refresh().catch(() => undefined);
    return this.show(owner);
  }

  private async show(owner: RuleOwner): Promise<AutoDisableResource> {
    const rule = await this.rules.find(owner);
    return {
      object: 'auto_disable_rule',
      source: rule?.source ?? 'none',
      enabled: rule?.enabled ?? false,
      statuses: [...(rule?.statuses ?? DEFAULT_STATUSES)],
      keywords: [...(rule?.keywords ?? DEFAULT_KEYWORDS)],
      retest_seconds: rule?.retestSeconds ?? null,
    };
  }

  private async provider(idOrSlug: string): Promise<{ owner: { providerId: string }; targetId: string }> {
    const { id: targetId } = await this.providers.get(idOrSlug);
    return { owner: { providerId: parsePublicId('provider', targetId) as string }, targetId };
  }
}

const policyOf = (body: PutAutoDisable): AutoDisablePolicy => ({
  enabled: body.enabled,
  statuses: body.statuses ?? DEFAULT_STATUSES,
  keywords: body.keywords ?? DEFAULT_KEYWORDS,
  retestSeconds: body.retest_seconds ?? null,
});
