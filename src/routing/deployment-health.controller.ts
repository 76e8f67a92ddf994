import { Get } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { CatalogService } from '../catalog/catalog.service.js';
import { nowMs } from '../core/clock.js';
import { publicId } from '../core/ids.js';
import { AdminRead } from '../platform/http/access.decorator.js';
import { AdminController } from '../platform/http/admin-controller.decorator.js';
import { AnswersListOf } from '../platform/http/answers.decorator.js';
import { DEPLOYMENT_HEALTH } from './deployment-health.dto.js';
import { standingAt } from './deployment-health.js';
import { credentialKey, deploymentKey, HealthStore, quotaKey } from './health.store.js';
import { RoutingService } from './routing.service.js';

/** How deployments do, as the answering process sees it. Draining and disabling is PATCH /deployments/{deployment}. */
@AdminController('deployment-health', 'Catalogue')
export class DeploymentHealthController {
  constructor(
    private readonly catalog: CatalogService,
    private readonly health: HealthStore,
    private readonly routing: RoutingService,
  ) {}

  /** Every deployment that takes part in routing: its breaker, its credentials', and what was measured. */
  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'Breakers and measurements of the active deployments' })
  @AnswersListOf(DEPLOYMENT_HEALTH)
  list() {
    const snapshot = this.catalog.snapshot();
    const deployments = snapshot.models().flatMap(({ id }) => snapshot.deploymentsOf(id));
    const data = deployments.map((deployment) => {
      const { firstTokenMs, tokensPerSecond, errorRate, cacheShare } = this.routing.measured(deployment.id);
      return {
        object: 'deployment_health' as const,
        deployment: publicId('deployment', deployment.id),
        model: deployment.modelId,
        provider: deployment.provider.slug,
        breaker: this.show(deploymentKey(deployment.id)),
        credentials: deployment.provider.credentials.map(({ id, name }) => ({
          id: publicId('providerCredential', id),
          name,
          breaker: this.show(credentialKey(id)),
          quota: this.show(quotaKey(id, deployment.id)),
        })),
        first_token_ms: firstTokenMs === undefined ? null : Math.round(firstTokenMs),
        tokens_per_second: tokensPerSecond === undefined ? null : Math.round(tokensPerSecond),
        error_rate: Number(errorRate.toFixed(4)),
        cache_share: Number(cacheShare.toFixed(4)),
      };
    });
    return { object: 'list' as const, data, has_more: false, next_cursor: null };
  }

  private show(key: string) {
    const state = this.health.of(key);
    const now = nowMs();
    const until = (ms: number | undefined): string | null =>
      ms === undefined || ms <= now ? null : new Date(ms).toISOString();
    return {
      state: standingAt(state, now),
      failures: state?.failures ?? 0,
      ejected_until: until(state?.ejectedUntilMs),
      resting_until: until(state?.restUntilMs),
    };
  }
}
