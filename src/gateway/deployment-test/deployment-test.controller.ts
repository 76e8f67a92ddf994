import { HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { CatalogService } from '../../catalog/catalog.service.js';
import { publicId } from '../../core/ids.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { Actor, AdminAccess, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { AnswersWith } from '../../platform/http/answers.decorator.js';
import { flag, nullableText, text, whole, word } from '../../platform/http/openapi-schema.js';
import { notFound, PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { AutoDisable } from '../../routing/auto-disable.service.js';
import { DeploymentTester } from './deployment-tester.service.js';

/** POST /admin/v1/deployments/{deployment}/test */
@AdminController('deployments', 'Catalogue')
export class DeploymentTestController {
  constructor(
    private readonly catalog: CatalogService,
    private readonly tester: DeploymentTester,
    private readonly autoDisable: AutoDisable,
    private readonly auditLog: AuditLogRepository,
  ) {}

  @Post(':deployment/test')
  @HttpCode(200)
  @AdminAccess('owner', 'admin')
  @ApiOperation({
    summary:
      'Ask the upstream for a few tokens; a deployment that was switched off by itself comes back when it answers',
  })
  @AnswersWith({
    object: word('deployment_test'),
    deployment: { ...text, example: 'dep_0199…' },
    passed: flag,
    duration_ms: whole,
    error: { ...nullableText, description: 'Null when it passed.' },
    switched_on: { ...flag, description: 'Whether it came back with this test.' },
  })
  async test(@Actor() actor: AdminActor, @Param('deployment', new PublicIdPipe('deployment')) id: string) {
    const deployment = this.catalog.snapshot().deployment(id);
    if (!deployment) throw notFound('deployment', publicId('deployment', id));
    // First: the call costs money, whatever comes of it.
    const target = { targetKind: 'deployment', targetId: publicId('deployment', id) };
    await this.auditLog.record({ actor, action: 'deployment.test', ...target });
    const { passed, durationMs, error } = await this.tester.test(deployment);
    return {
      object: 'deployment_test' as const,
      deployment: publicId('deployment', id),
      passed,
      duration_ms: durationMs,
      error: error ?? null,
      switched_on: passed && (await this.autoDisable.switchOn(deployment)),
    };
  }
}
