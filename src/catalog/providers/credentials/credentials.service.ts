import { Injectable } from '@nestjs/common';
import { FaregateError } from '../../../core/errors.js';
import { parsePublicId, publicId, uuidv7 } from '../../../core/ids.js';
import { AppConfig } from '../../../platform/config/app-config.js';
import { SealedBox } from '../../../platform/crypto/sealed-box.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { sqlStateOf } from '../../../platform/http/database-errors.js';
import { listPage, readCursor, type ListPage } from '../../../platform/http/list.js';
import { notFound } from '../../../platform/http/public-id.pipe.js';
import { CatalogService } from '../../catalog.service.js';
import { credentialPlace } from '../../model.js';
import { ProvidersRepository } from '../providers.repository.js';
import { credentialView, type CredentialView } from './credential-view.js';
import type { CreateCredential, ListCredentials, UpdateCredential } from './credentials.dto.js';
import {
  CredentialsRepository,
  type CredentialRecord,
  type CredentialValues,
} from './credentials.repository.js';

/** What admins do with the credentials of a provider. Secrets go in and never come out. */
@Injectable()
export class CredentialsService {
  private readonly box: SealedBox;

  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly providers: ProvidersRepository,
    private readonly catalog: CatalogService,
    config: AppConfig,
  ) {
    this.box = new SealedBox(config.credentialKey, 'provider-credential');
  }

  async create(actor: AdminActor, provider: string, body: CreateCredential): Promise<CredentialView> {
    const id = uuidv7();
    const values = {
      id,
      providerId: await this.getProviderId(provider),
      name: body.name,
      ciphertext: this.box.seal(body.credential, credentialPlace(id)),
      weight: body.weight ?? 1,
      status: body.status ?? 'active',
    };
    const change = { actor, action: 'provider_credential.create', view: credentialView };
    const created = await this.credentials.create(values, change).catch(nameTaken(body.name));
    await this.catalog.refresh().catch(() => undefined);
    return credentialView(created);
  }

  update(
    actor: AdminActor,
    which: { provider: string; id: string },
    body: UpdateCredential,
  ): Promise<CredentialView> {
    const { name, weight, status } = body;
    const values = Object.fromEntries(
      Object.entries({ name, weight, status }).filter(([, value]) => value !== undefined),
    ) as Partial<CredentialValues>;
    const decide = (current: CredentialRecord): Partial<CredentialValues> => {
      if (current.status === 'deleted') throw new FaregateError('conflict', 'The credential is deleted.');
      return values;
    };
    const detail = { fields: Object.keys(values) };
    return this.write(which, decide, { actor, action: 'provider_credential.update', detail });
  }

  /** Destroys the secret; attempts that name the credential stay readable. Deleting it again changes nothing. */
  async remove(
    actor: AdminActor,
    which: { provider: string; id: string },
  ): Promise<{ id: string; object: 'provider_credential'; deleted: true }> {
    const decide = ({ status }: CredentialRecord): Partial<CredentialValues> =>
      status === 'deleted' ? {} : { status: 'deleted' };
    await this.write(which, decide, { actor, action: 'provider_credential.delete' });
    return { id: publicId('providerCredential', which.id), object: 'provider_credential', deleted: true };
  }

  /** Throws not_found. */
  async get(provider: string, id: string): Promise<CredentialView> {
    const providerId = await this.getProviderId(provider);
    const found = await this.credentials.find(id);
    if (found?.providerId !== providerId)
      throw notFound('providerCredential', publicId('providerCredential', id));
    return credentialView(found);
  }

  async list(provider: string, query: ListCredentials): Promise<ListPage<CredentialView>> {
    const { limit, status } = query;
    const rows = await this.credentials.list({
      providerId: await this.getProviderId(provider),
      afterId: readCursor(query.cursor, 'uuid'),
      limit,
      status,
    });
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: credentialView });
  }

  private async write(
    { provider, id }: { provider: string; id: string },
    decide: (current: CredentialRecord) => Partial<CredentialValues>,
    entry: { actor: AdminActor; action: string; detail?: { fields: string[] } },
  ): Promise<CredentialView> {
    const providerId = await this.getProviderId(provider);
    const updated = await this.credentials
      .update({ providerId, id }, decide, { ...entry, view: credentialView })
      .catch(nameTaken(''));
    if (!updated) throw notFound('providerCredential', publicId('providerCredential', id));
    await this.catalog.refresh().catch(() => undefined);
    return credentialView(updated);
  }

  private async getProviderId(idOrSlug: string): Promise<string> {
    const id = parsePublicId('provider', idOrSlug);
    const found = await this.providers.find(id === null ? { slug: idOrSlug } : { id });
    if (!found) throw notFound('provider', idOrSlug);
    return found.id;
  }
}

const nameTaken = (name: string) => (thrown: unknown) => {
  if (sqlStateOf(thrown) !== '23505') throw thrown;
  const which = name === '' ? 'this name' : `the name "${name}"`;
  throw new FaregateError('conflict', `The provider has a credential with ${which} already.`, {
    param: 'name',
  });
};
