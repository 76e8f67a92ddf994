import { Injectable } from '@nestjs/common';
import { nowDate } from '../../core/clock.js';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { sqlStateOf } from '../../platform/http/database-errors.js';
import type { ListQuery } from '../../platform/http/list.dto.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { domainOf } from '../search-domain.js';
import type {
  CreateSearchDocument,
  DeletedSearchDocumentResource,
  ListedSearchDocumentResource,
  SearchDocumentResource,
} from './documents.dto.js';
import { showDocument, showListed } from './documents.dto.js';
import { DocumentsRepository } from './documents.repository.js';

/** What admins do with the documents of the embedded backend. A document is not edited: it is removed and loaded anew. */
@Injectable()
export class DocumentsService {
  constructor(private readonly documents: DocumentsRepository) {}

  /** Throws conflict when the URL is loaded already. */
  async create(actor: AdminActor, body: CreateSearchDocument): Promise<SearchDocumentResource> {
    const document = {
      id: uuidv7(),
      url: new URL(body.url).href,
      domain: domainOf(body.url) ?? '',
      title: body.title,
      content: body.content,
      authors: body.authors ?? null,
      language: body.language ?? null,
      publishedAt: body.published_at ? new Date(body.published_at) : null,
      crawledAt: body.crawled_at ? new Date(body.crawled_at) : nowDate(),
      adult: body.adult ?? false,
    };
    try {
      return showDocument(await this.documents.create(document, actor));
    } catch (error) {
      const state = sqlStateOf(error);
      if (state === '23505') {
        throw new FaregateError('conflict', `${document.url} is loaded already.`, { param: 'url' });
      }
      // PostgreSQL's word for a text whose index entry would be larger than it can be.
      if (state === '54000') throw invalidRequest('content has too many different words', 'content');
      throw error;
    }
  }

  async list(query: ListQuery): Promise<ListPage<ListedSearchDocumentResource>> {
    const { limit } = query;
    const rows = await this.documents.list(readCursor(query.cursor, 'uuid'), limit + 1);
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: showListed });
  }

  async get(id: string): Promise<SearchDocumentResource> {
    const found = await this.documents.find(id);
    if (!found) throw notFound('searchDocument', publicId('searchDocument', id));
    return showDocument(found);
  }

  async delete(actor: AdminActor, id: string): Promise<DeletedSearchDocumentResource> {
    const deleted = await this.documents.delete(id, actor);
    if (!deleted) throw notFound('searchDocument', publicId('searchDocument', id));
    return { object: 'search_document', id: publicId('searchDocument', id), deleted: true };
  }
}
