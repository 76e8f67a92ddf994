import { Injectable } from '@nestjs/common';
import { publicId, uuidv7 } from '../../core/ids.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import type { ListQuery } from '../../platform/http/list.dto.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { readBudget } from '../budgets/budget.js';
import { CatalogNamesRepository } from '../catalog-names.repository.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { projectView, type Project, type ProjectSettings, type ProjectView } from './project.js';
import { givenFields } from '../given-fields.js';
import { namedProviders, readRoutingDefaults } from '../routing-defaults.dto.js';
import { ProjectsRepository } from './projects.repository.js';
import type { CreateProjectDto, UpdateProjectDto } from './projects.dto.js';

@Injectable()
export class ProjectsService {
  constructor(
    private readonly projects: ProjectsRepository,
    private readonly organizations: OrganizationsService,
    private readonly names: CatalogNamesRepository,
  ) {}

  async create(actor: AdminActor, organizationId: string, body: CreateProjectDto): Promise<ProjectView> {
    await this.organizations.getOrganization(organizationId);
    const given = await this.read(body);
    const created = await this.projects.create(actor, {
      id: uuidv7(),
      organizationId,
      name: body.name,
      status: 'active',
      routingDefaults: given.routingDefaults ?? {},
      rateLimits: given.rateLimits ?? {},
      tags: given.tags ?? {},
      budget: given.budget ?? null,
    });
    return projectView(created);
  }

  async update(actor: AdminActor, id: string, body: UpdateProjectDto): Promise<ProjectView> {
    const changes = await this.read(body);
    return projectView(await this.projects.update(actor, id, changes));
  }

  async get(id: string): Promise<ProjectView> {
    return projectView(await this.getProject(id));
  }

  /** Throws not_found. */
  async getProject(id: string): Promise<Project> {
    const project = await this.projects.find(id);
    if (project === null) throw notFound('project', publicId('project', id));
    return project;
  }

  async list(organizationId: string, { limit, cursor }: ListQuery): Promise<ListPage<ProjectView>> {
    await this.organizations.getOrganization(organizationId);
    const page = { beforeId: readCursor(cursor, 'uuid'), limit: limit + 1 };
    const rows = await this.projects.list(organizationId, page);
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: projectView });
  }

  private async read(body: CreateProjectDto | UpdateProjectDto): Promise<Partial<ProjectSettings>> {
    for (const [param, slugs] of namedProviders(body.routing_defaults))
      await this.names.assertProviders(slugs, param);
    return givenFields<ProjectSettings>({
      name: body.name,
      status: 'status' in body ? body.status : undefined,
      routingDefaults: readRoutingDefaults(body.routing_defaults),
      rateLimits: body.rate_limits,
      tags: body.tags,
      budget: readBudget(body.budget),
    });
  }
}
