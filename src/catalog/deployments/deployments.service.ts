import { Injectable } from '@nestjs/common';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { parsePublicId, publicId, uuidv7 } from '../../core/ids.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { CatalogService } from '../catalog.service.js';
import { deploymentView, type DeploymentView } from './deployment-view.js';
import type { CreateDeployment, ListDeployments, UpdateDeployment } from './deployments.dto.js';
import {
  DeploymentsRepository,
  type DeploymentRecord,
  type DeploymentValues,
} from './deployments.repository.js';

/** What admins do with deployments. */
@Injectable()
export class DeploymentsService {
  constructor(
    private readonly deployments: DeploymentsRepository,
    private readonly catalog: CatalogService,
  ) {}

  async create(actor: AdminActor, body: CreateDeployment): Promise<DeploymentView> {
    if (!(await this.deployments.hasModel(body.model))) {
      throw invalidRequest('model must be the id of a model', 'model');
    }
    const values = {
      id: uuidv7(),
      modelId: body.model,
      providerId: await this.getProviderId(body.provider),
      upstreamModel: body.upstream_model,
      priority: body.priority ?? 0,
      weight: body.weight ?? 1,
      quantization: body.quantization ?? null,
      contextWindow: body.context_window ?? null,
      maxOutputTokens: body.max_output_tokens ?? null,
      region: body.region ?? null,
      status: body.status ?? 'active',
    };
    const change = { actor, action: 'deployment.create', view: deploymentView };
    const created = await this.deployments.create(values, change);
    await this.catalog.refresh().catch(() => undefined);
    return deploymentView(created);
  }

  async update(actor: AdminActor, id: string, body: UpdateDeployment): Promise<DeploymentView> {
    const values = changes(body);
    return this.write(id, refuseDeleted(values), {
      actor,
      action: 'deployment.update',
      detail: { fields: Object.keys(values) },
    });
  }

  /** Ends a deployment for good; requests that name it stay readable. Deleting it again changes nothing. */
  async remove(actor: AdminActor, id: string): Promise<{ id: string; object: 'deployment'; deleted: true }> {
    const decide = ({ status }: DeploymentRecord): Partial<DeploymentValues> =>
      status === 'deleted' ? {} : { status: 'deleted' };
    await this.write(id, decide, { actor, action: 'deployment.delete' });
    return { id: publicId('deployment', id), object: 'deployment', deleted: true };
  }

  /** Throws not_found. */
  async get(id: string): Promise<DeploymentView> {
    const found = await this.deployments.find(id);
    if (!found) throw notFound('deployment', publicId('deployment', id));
    return deploymentView(found);
  }

  async list(query: ListDeployments): Promise<ListPage<DeploymentView>> {
    const { limit, status } = query;
    const rows = await this.deployments.list({
      afterId: readCursor(query.cursor, 'uuid'),
      limit,
      status,
      modelId: query.model,
      providerId: query.provider === undefined ? undefined : await this.getProviderId(query.provider),
    });
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: deploymentView });
  }

  private async write(
    id: string,
    decide: (current: DeploymentRecord) => Partial<DeploymentValues>,
    entry: { actor: AdminActor; action: string; detail?: { fields: string[] } },
  ): Promise<DeploymentView> {
    const updated = await this.deployments.update(id, decide, { ...entry, view: deploymentView });
    if (!updated) throw notFound('deployment', publicId('deployment', id));
    await this.catalog.refresh().catch(() => undefined);
    return deploymentView(updated);
  }

  private async getProviderId(idOrSlug: string): Promise<string> {
    const id = await this.deployments.findProviderId({
      id: parsePublicId('provider', idOrSlug),
      slug: idOrSlug,
    });
    if (id === null) throw invalidRequest('provider must be the slug or id of a provider', 'provider');
    return id;
  }
}

const refuseDeleted =
  (values: Partial<DeploymentValues>) =>
  ({ status }: DeploymentRecord): Partial<DeploymentValues> => {
    if (status === 'deleted') throw new FaregateError('conflict', 'The deployment is deleted.');
    return values;
  };

function changes(body: UpdateDeployment): Partial<DeploymentValues> {
  const all = {
    upstreamModel: body.upstream_model,
    priority: body.priority,
    weight: body.weight,
    quantization: body.quantization,
    contextWindow: body.context_window,
    maxOutputTokens: body.max_output_tokens,
    region: body.region,
    status: body.status,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as Partial<DeploymentValues>;
}
