import { Injectable } from '@nestjs/common';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { parsePublicId, publicId, uuidv7 } from '../../core/ids.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { sqlStateOf } from '../../platform/http/database-errors.js';
import type { ListQuery } from '../../platform/http/list.dto.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { CatalogService } from '../catalog.service.js';
import { groupView, type GroupView } from './group-view.js';
import { parseMultiplier } from './group.js';
import type { CreateGroup, UpdateGroup } from './groups.dto.js';
import { GroupsRepository, type GroupValues } from './groups.repository.js';

/** What admins do with groups of keys. A change holds for calls admitted two seconds later, and for none that runs. */
@Injectable()
export class GroupsService {
  constructor(
    private readonly groups: GroupsRepository,
    private readonly catalog: CatalogService,
  ) {}

  async create(actor: AdminActor, body: CreateGroup): Promise<GroupView> {
    const given = await this.read(body);
    const values = {
      name: body.name,
      description: given.description ?? '',
      multiplierPpm: given.multiplierPpm ?? 1_000_000n,
      deploymentIds: given.deploymentIds ?? null,
    };
    const change = { actor, action: 'group.create', view: groupView };
    const created = await this.groups.create(uuidv7(), values, change).catch(nameTaken);
    await this.catalog.refresh().catch(() => undefined);
    return groupView(created);
  }

  async update(actor: AdminActor, id: string, body: UpdateGroup): Promise<GroupView> {
    const change = { actor, action: 'group.update', view: groupView };
    const updated = await this.groups.update(id, await this.read(body), change).catch(nameTaken);
    if (!updated) throw notFound('group', publicId('group', id));
    await this.catalog.refresh().catch(() => undefined);
    return groupView(updated);
  }

  /** Throws conflict while a key belongs to it. */
  async remove(actor: AdminActor, id: string): Promise<{ id: string; object: 'group'; deleted: true }> {
    const change = { actor, action: 'group.delete', view: groupView };
    const removed = await this.groups.remove(id, change).catch((thrown: unknown) => {
      if (sqlStateOf(thrown) !== '23503') throw thrown;
      throw new FaregateError('conflict', 'Keys belong to this group.', { code: 'group_in_use' });
    });
    if (!removed) throw notFound('group', publicId('group', id));
    await this.catalog.refresh().catch(() => undefined);
    return { id: publicId('group', id), object: 'group', deleted: true };
  }

  /** Throws not_found. */
  async get(id: string): Promise<GroupView> {
    const found = await this.groups.find(id);
    if (!found) throw notFound('group', publicId('group', id));
    return groupView(found);
  }

  async list({ limit, cursor }: ListQuery): Promise<ListPage<GroupView>> {
    const rows = await this.groups.list({ afterId: readCursor(cursor, 'uuid'), limit });
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: groupView });
  }

  private async read(body: UpdateGroup): Promise<Partial<GroupValues>> {
    const { name, description, price_multiplier: multiplier, deployments } = body;
    const all = {
      name,
      description,
      multiplierPpm: multiplier === undefined ? undefined : parseMultiplier(multiplier),
      deploymentIds: deployments && (await this.readDeployments(deployments)),
    };
    return Object.fromEntries(
      Object.entries(all).filter(([, value]) => value !== undefined),
    ) as Partial<GroupValues>;
  }

  private async readDeployments(given: readonly string[]): Promise<string[]> {
    const ids = given.map((id) => parsePublicId('deployment', id) ?? '');
    const known = await this.groups.knownDeployments(ids);
    const unknown = given.find((_, index) => !known.has(ids[index] ?? ''));
    if (unknown !== undefined)
      throw invalidRequest(`deployments names an unknown deployment: "${unknown}"`, 'deployments');
    return ids;
  }
}

function nameTaken(thrown: unknown): never {
  if (sqlStateOf(thrown) !== '23505') throw thrown;
  throw new FaregateError('conflict', 'A group of this name exists already.', { param: 'name' });
}
