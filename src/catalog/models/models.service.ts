import { Injectable } from '@nestjs/common';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import { CatalogService } from '../catalog.service.js';
import { modelView, type ModelView } from './model-view.js';
import type { CreateModel, ListModels, UpdateModel } from './models.dto.js';
import {
  ModelsRepository,
  type ModelLookup,
  type ModelRecord,
  type ModelValues,
} from './models.repository.js';

/** What admins do with models. */
@Injectable()
export class ModelsService {
  constructor(
    private readonly models: ModelsRepository,
    private readonly catalog: CatalogService,
  ) {}

  async create(actor: AdminActor, body: CreateModel): Promise<ModelView> {
    const values: ModelValues = {
      name: body.name ?? body.id,
      aliases: body.aliases ?? [],
      contextWindow: body.context_window,
      maxOutputTokens: body.max_output_tokens,
      defaultMaxTokens: body.default_max_tokens ?? null,
      capabilities: body.capabilities ?? [],
      fallbackModel: body.fallback_model ?? null,
      rateLimits: body.rate_limits ?? {},
      status: body.status ?? 'active',
    };
    const check = async (lookup: ModelLookup): Promise<void> => {
      if ((await lookup.findOwner(body.id)) !== null) throw nameTaken(body.id, 'id');
      await assertFits(body.id, values, lookup);
    };
    const created = await this.models.create(body.id, values, { actor, view: modelView, check });
    await this.catalog.refresh().catch(() => undefined);
    return modelView(created);
  }

  async update(actor: AdminActor, id: string, body: UpdateModel): Promise<ModelView> {
    const values = changes(body);
    const decide = async (current: ModelRecord, lookup: ModelLookup): Promise<Partial<ModelValues>> => {
      await assertFits(id, { ...current, ...values }, lookup);
      return values;
    };
    const detail = { fields: Object.keys(values) };
    const updated = await this.models.update(id, decide, { actor, detail, view: modelView });
    if (!updated) throw noSuchModel(id);
    await this.catalog.refresh().catch(() => undefined);
    return modelView(updated);
  }

  /** Throws not_found. */
  async get(id: string): Promise<ModelView> {
    const found = await this.models.find(id);
    if (!found) throw noSuchModel(id);
    return modelView(found);
  }

  async list(query: ListModels): Promise<ListPage<ModelView>> {
    const { limit, status } = query;
    const rows = await this.models.list({ afterId: readCursor(query.cursor, 'slug'), limit, status });
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: modelView });
  }
}

/** The refusal for an id that no model has. `param` is the field that held it, in a body. */
export const noSuchModel = (id: string, param?: string): FaregateError =>
  new FaregateError('not_found', `No such model: ${JSON.stringify(id.slice(0, 80))}.`, { param });

const nameTaken = (name: string, param: string): FaregateError =>
  new FaregateError('conflict', `The name "${name}" belongs to another model already.`, { param });

function changes(body: UpdateModel): Partial<ModelValues> {
  const all = {
    name: body.name,
    aliases: body.aliases,
    contextWindow: body.context_window,
    maxOutputTokens: body.max_output_tokens,
    defaultMaxTokens: body.default_max_tokens,
    capabilities: body.capabilities,
    fallbackModel: body.fallback_model,
    rateLimits: body.rate_limits,
    status: body.status,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as Partial<ModelValues>;
}

/** Throws on figures that contradict each other, on names that are taken, and on a fallback that leads nowhere or round. */
async function assertFits(id: string, values: ModelValues, lookup: ModelLookup): Promise<void> {
  if (values.maxOutputTokens > values.contextWindow) {
    throw invalidRequest('max_output_tokens must not exceed context_window', 'max_output_tokens');
  }
  if (values.defaultMaxTokens !== null && values.defaultMaxTokens > values.maxOutputTokens) {
    throw invalidRequest('default_max_tokens must not exceed max_output_tokens', 'default_max_tokens');
  }
  for (const alias of values.aliases) {
    const owner = await lookup.findOwner(alias);
    if (alias === id) throw invalidRequest("aliases must not repeat the model's own id", 'aliases');
    if (owner !== null && owner !== id) throw nameTaken(alias, 'aliases');
  }
  if (values.fallbackModel === null) return;
  const chain = await lookup.listFallbacks(values.fallbackModel);
  if (values.fallbackModel === id || chain.includes(id)) {
    throw invalidRequest('fallback_model must not lead back to the model itself', 'fallback_model');
  }
  if (chain.length === 0) throw invalidRequest('fallback_model must be the id of a model', 'fallback_model');
}
