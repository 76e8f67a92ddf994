import { Injectable } from '@nestjs/common';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { parsePublicId } from '../../core/ids.js';
import { readCursor } from '../../platform/http/list.js';
import type { ListQuery } from '../../platform/http/list.dto.js';
import { apiKeyView, isManagementKey, type ApiKey } from './api-key.js';
import type { CreateKeyDto, UpdateKeyDto } from './keys.dto.js';
import { KeysRepository } from './keys.repository.js';
import { KeysService } from './keys.service.js';
import { limitsOfChange, limitsOfNewKey } from './passed-on-limits.js';

/** The management key that calls: UUIDs. */
export interface KeyManager {
  keyId: string;
  projectId: string;
}

/** A key as its project's management keys see it. */
const managedView = (key: ApiKey) => ({ ...apiKeyView(key), is_management_key: isManagementKey(key) });

/**
 * What a management key does with the keys of its own project (statement 97). Keys go by their id, or by their name, which
 * this door keeps unique. Management keys are made and changed by admins alone, so that one that leaks can be ended for good.
 */
@Injectable()
export class ManagedKeysService {
  constructor(
    private readonly keys: KeysService,
    private readonly repository: KeysRepository,
  ) {}

  /** Keys that are not revoked, newest first. */
  async list({ projectId }: KeyManager, { limit, cursor }: ListQuery) {
    const beforeId = readCursor(cursor, 'uuid');
    const rows = await this.repository.list(projectId, { beforeId, limit: limit + 1, status: 'active' });
    const shown = rows.slice(0, limit);
    return {
      api_keys: shown.map(managedView),
      has_more: rows.length > limit,
      next_cursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
    };
  }

  /**
   * The new key has the manager's group and routing defaults, and its limits where the body says nothing. Throws permission for
   * wider ones, conflict when a key of this name is active.
   */
  async create(manager: KeyManager, body: CreateKeyDto) {
    refuseManagement(body);
    await this.assertNameIsFree(manager, body.name);
    const actor = { managementKeyId: manager.keyId };
    const own = await this.keys.get(manager.keyId);
    const inherited = Object.assign(body, limitsOfNewKey(own, body), {
      group: own.group,
      routing_defaults: own.routing_defaults,
    });
    return { ...(await this.keys.create(actor, manager.projectId, inherited)), is_management_key: false };
  }

  async get(manager: KeyManager, idOrName: string) {
    return managedView(await this.find(manager, idOrName));
  }

  /** Throws permission for a management key and for limits wider than the manager's, conflict for a name that is taken. */
  async update(manager: KeyManager, idOrName: string, body: UpdateKeyDto) {
    refuseManagement(body);
    const { id, name } = await this.findOrdinary(manager, idOrName);
    if (body.name !== undefined && body.name !== name) await this.assertNameIsFree(manager, body.name);
    const allowed = Object.assign(body, limitsOfChange(await this.keys.get(manager.keyId), body));
    const updated = await this.keys.update({ managementKeyId: manager.keyId }, id, allowed);
    return { ...updated, is_management_key: false };
  }

  /** The key is refused everywhere within two seconds. */
  async revoke(manager: KeyManager, idOrName: string) {
    const { id } = await this.findOrdinary(manager, idOrName);
    const revoked = await this.keys.revoke({ managementKeyId: manager.keyId }, id);
    return { ...revoked, is_management_key: false };
  }

  private async findOrdinary(manager: KeyManager, idOrName: string): Promise<ApiKey> {
    const key = await this.find(manager, idOrName);
    if (!isManagementKey(key)) return key;
    throw new FaregateError('permission', 'Management keys are changed by administrators only', {
      code: 'management_key',
    });
  }

  /** Throws not_found, also for a key of another project, and conflict when a name means several keys. */
  private async find({ projectId }: KeyManager, idOrName: string): Promise<ApiKey> {
    const id = parsePublicId('key', idOrName);
    const byId = id === null ? null : await this.repository.find(id);
    if (byId?.projectId === projectId) return byId;
    const listing = { limit: 2, status: 'active' as const, name: idOrName };
    const [found, another] = await this.repository.list(projectId, listing);
    if (!found) throw new FaregateError('not_found', `There is no key "${idOrName.slice(0, 200)}"`);
    if (!another) return found;
    throw new FaregateError('conflict', 'Several keys have this name; name the key by its id', {
      code: 'ambiguous_name',
    });
  }

  private async assertNameIsFree({ projectId }: KeyManager, name: string): Promise<void> {
    const [taken] = await this.repository.list(projectId, { limit: 1, status: 'active', name });
    if (taken === undefined) return;
    throw new FaregateError('conflict', 'A key of this name exists already', { param: 'name' });
  }
}

/** What administrators alone decide: who manages keys, what a key pays, and what its calls are bound to. */
function refuseManagement({ scopes, group, routing_defaults: defaults }: UpdateKeyDto): void {
  if (defaults !== undefined)
    throw invalidRequest('routing_defaults are set by administrators', 'routing_defaults');
  if (group !== undefined) throw invalidRequest('group is chosen by administrators', 'group');
  if (scopes?.includes('manage'))
    throw invalidRequest('scopes must not hold "manage": administrators make management keys', 'scopes');
}
