import { Injectable } from '@nestjs/common';
import { parsePublicId, publicId } from '../../core/ids.js';
import { AppConfig } from '../../platform/config/app-config.js';
import type { AuditActor } from '../../platform/audit/audit-log.repository.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import type { ListQuery } from '../../platform/http/list.dto.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { readBudget } from '../budgets/budget.js';
import { CatalogNamesRepository } from '../catalog-names.repository.js';
import { givenFields } from '../given-fields.js';
import { ProjectsService } from '../projects/projects.service.js';
import { namedProviders, readRoutingDefaults } from '../routing-defaults.dto.js';
import { apiKeyView, type ApiKeySettings, type ApiKeyView, type ApiKeyWithSecret } from './api-key.js';
import { generateSecret, storedForm } from './key-material.js';
import type { CreateKeyDto, RotateKeyDto, UpdateKeyDto } from './keys.dto.js';
import { KeysRepository } from './keys.repository.js';

@Injectable()
export class KeysService {
  constructor(
    private readonly keys: KeysRepository,
    private readonly projects: ProjectsService,
    private readonly names: CatalogNamesRepository,
    private readonly config: AppConfig,
  ) {}

  /** A new key; its secret is in this answer and nowhere else. */
  async create(actor: AuditActor, projectId: string, body: CreateKeyDto): Promise<ApiKeyWithSecret> {
    const given = await this.read(body);
    const secret = generateSecret('fg_live');
    const key = await this.keys.create(actor, projectId, {
      name: body.name,
      paymentMethodId: given.paymentMethodId ?? null,
      expiresAt: given.expiresAt ?? null,
      groupId: given.groupId ?? null,
      allowedModels: given.allowedModels ?? [],
      allowedIps: given.allowedIps ?? [],
      scopes: given.scopes ?? ['inference'],
      rateLimits: given.rateLimits ?? {},
      routingDefaults: given.routingDefaults ?? {},
      metadata: given.metadata ?? {},
      budget: given.budget ?? null,
      secret: storedForm(secret, this.config.keyPepper),
    });
    return { ...apiKeyView(key), secret };
  }

  async update(actor: AuditActor, id: string, body: UpdateKeyDto): Promise<ApiKeyView> {
    return apiKeyView(await this.keys.update(actor, id, await this.read(body)));
  }

  /** A second secret for the same key; the old ones end after the overlap. */
  async rotate(
    actor: AuditActor,
    id: string,
    { overlap_seconds = 0 }: RotateKeyDto,
  ): Promise<ApiKeyWithSecret> {
    const secret = generateSecret('fg_live');
    const key = await this.keys.rotate(actor, id, {
      secret: storedForm(secret, this.config.keyPepper),
      overlapSeconds: overlap_seconds,
    });
    return { ...apiKeyView(key), secret };
  }

  async revoke(actor: AuditActor, id: string): Promise<ApiKeyView> {
    return apiKeyView(await this.keys.revoke(actor, id));
  }

  async get(id: string): Promise<ApiKeyView> {
    const key = await this.keys.find(id);
    if (key === null) throw notFound('key', publicId('key', id));
    return apiKeyView(key);
  }

  async list(projectId: string, { limit, cursor }: ListQuery): Promise<ListPage<ApiKeyView>> {
    await this.projects.getProject(projectId);
    const page = { beforeId: readCursor(cursor, 'uuid'), limit: limit + 1 };
    const rows = await this.keys.list(projectId, page);
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: apiKeyView });
  }

  private async read(body: CreateKeyDto | UpdateKeyDto): Promise<Partial<ApiKeySettings>> {
    await this.names.assertModels(body.allowed_models ?? [], 'allowed_models');
    for (const [param, slugs] of namedProviders(body.routing_defaults))
      await this.names.assertProviders(slugs, param);
    return givenFields<ApiKeySettings>({
      name: body.name,
      paymentMethodId: body.payment_method && parsePublicId('paymentMethod', body.payment_method),
      expiresAt: typeof body.expires_at === 'string' ? new Date(body.expires_at) : body.expires_at,
      groupId: body.group && (await this.names.getGroupId(body.group, 'group')),
      allowedModels: body.allowed_models,
      allowedIps: body.allowed_ips,
      scopes: body.scopes,
      rateLimits: body.rate_limits,
      routingDefaults: readRoutingDefaults(body.routing_defaults),
      metadata: body.metadata,
      budget: readBudget(body.budget),
    });
  }
}
