import { Injectable } from '@nestjs/common';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { parsePublicId, uuidv7 } from '../../core/ids.js';
import { AppConfig } from '../../platform/config/app-config.js';
import { SealedBox } from '../../platform/crypto/sealed-box.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { sqlStateOf } from '../../platform/http/database-errors.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { ADAPTERS } from '../adapters.js';
import { CatalogService } from '../catalog.service.js';
import { credentialPlace } from '../model.js';
import type { CreateProvider, ListProviders, UpdateProvider } from './providers.dto.js';
import {
  ProvidersRepository,
  type DefaultCredential,
  type ProviderRecord,
  type ProviderValues,
} from './providers.repository.js';
import { providerView, type ProviderView } from './provider-view.js';
import { judgePublicUrl, lowerCaseNames, trimBaseUrl } from './upstream-rules.js';

type ProviderChanges = Partial<ProviderValues> & { credential?: DefaultCredential };

/** What admins do with providers. Credentials go in and never come out. */
@Injectable()
export class ProvidersService {
  private readonly box: SealedBox;

  constructor(
    private readonly providers: ProvidersRepository,
    private readonly catalog: CatalogService,
    config: AppConfig,
  ) {
    this.box = new SealedBox(config.credentialKey, 'provider-credential');
  }

  async create(actor: AdminActor, body: CreateProvider): Promise<ProviderView> {
    const id = uuidv7();
    const values = {
      slug: body.slug,
      name: body.name ?? body.slug,
      adapter: body.adapter ?? ADAPTERS[body.protocol][0],
      protocol: body.protocol,
      baseUrl: trimBaseUrl(body.base_url),
      credential: this.seal(body.credential ?? null),
      region: body.region ?? null,
      euNative: body.eu_native ?? false,
      zeroDataRetention: body.zero_data_retention ?? false,
      allowPrivateNetwork: body.allow_private_network ?? false,
      headers: lowerCaseNames(body.headers ?? {}),
      status: body.status ?? 'active',
    };
    assertFits(values);
    const detail = { slug: values.slug, credential: values.credential !== null };
    const created = await this.providers
      .create(id, values, { actor, detail, view: providerView })
      .catch(slugTaken(values.slug));
    await this.catalog.refresh().catch(() => undefined);
    return providerView(created);
  }

  async update(actor: AdminActor, idOrSlug: string, body: UpdateProvider): Promise<ProviderView> {
    const { id } = await this.find(idOrSlug);
    const decide = (current: ProviderRecord) => {
      const values = this.changes(body);
      const next = { ...current, ...values };
      // A protocol that changes alone takes its own adapter along.
      if (values.protocol !== undefined && values.adapter === undefined) {
        next.adapter = ADAPTERS[next.protocol].includes(current.adapter)
          ? current.adapter
          : ADAPTERS[next.protocol][0];
        values.adapter = next.adapter;
      }
      assertFits(next);
      return values;
    };
    const detail = {
      fields: Object.keys(body).filter((name) => body[name as keyof UpdateProvider] !== undefined),
    };
    const updated = await this.providers
      .update(id, decide, { actor, detail, view: providerView })
      .catch(slugTaken(body.slug ?? ''));
    if (!updated) throw notFound('provider', idOrSlug);
    await this.catalog.refresh().catch(() => undefined);
    return providerView(updated);
  }

  /** By id or slug. Throws not_found. */
  async get(idOrSlug: string): Promise<ProviderView> {
    return providerView(await this.find(idOrSlug));
  }

  async list(query: ListProviders): Promise<ListPage<ProviderView>> {
    const { limit, status } = query;
    const rows = await this.providers.list({ afterId: readCursor(query.cursor, 'uuid'), limit, status });
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: providerView });
  }

  private async find(idOrSlug: string): Promise<ProviderRecord> {
    const id = parsePublicId('provider', idOrSlug);
    const found = await this.providers.find(id === null ? { slug: idOrSlug } : { id });
    if (!found) throw notFound('provider', idOrSlug);
    return found;
  }

  private changes(body: UpdateProvider): ProviderChanges {
    const all = {
      slug: body.slug,
      name: body.name,
      adapter: body.adapter,
      protocol: body.protocol,
      baseUrl: body.base_url === undefined ? undefined : trimBaseUrl(body.base_url),
      credential: body.credential === undefined ? undefined : this.seal(body.credential),
      region: body.region,
      euNative: body.eu_native,
      zeroDataRetention: body.zero_data_retention,
      allowPrivateNetwork: body.allow_private_network,
      headers: body.headers === undefined ? undefined : lowerCaseNames(body.headers),
      status: body.status,
    };
    return Object.fromEntries(
      Object.entries(all).filter(([, value]) => value !== undefined),
    ) as ProviderChanges;
  }

  private seal(credential: string | null): DefaultCredential {
    if (credential === null) return null;
    const id = uuidv7();
    return { id, ciphertext: this.box.seal(credential, credentialPlace(id)) };
  }
}

/** Throws invalid_request on fields that are fine alone and not together. */
function assertFits(
  values: Pick<ProviderValues, 'protocol' | 'adapter' | 'baseUrl' | 'allowPrivateNetwork'>,
): void {
  if (!ADAPTERS[values.protocol].includes(values.adapter)) {
    const known = ADAPTERS[values.protocol].join(', ');
    throw invalidRequest(`adapter must be one of those that speak ${values.protocol}: ${known}`, 'adapter');
  }
  const reason = values.allowPrivateNetwork ? null : judgePublicUrl(values.baseUrl);
  if (reason !== null) throw invalidRequest(`base_url ${reason}`, 'base_url');
}

const slugTaken = (slug: string) => (thrown: unknown) => {
  if (sqlStateOf(thrown) !== '23505') throw thrown;
  throw new FaregateError('conflict', `A provider with the slug "${slug}" exists already.`, {
    param: 'slug',
  });
};
