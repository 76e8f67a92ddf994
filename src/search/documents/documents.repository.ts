import { Injectable } from '@nestjs/common';
import { publicId } from '../../core/ids.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import type { ListedDocument, NewSearchDocument, SearchDocument } from './document.js';

const LISTED = `id::text, url, domain, title, authors, language, published_at as "publishedAt",
  crawled_at as "crawledAt", adult, created_at as "createdAt"`;

/** The documents in PostgreSQL, which indexes their words by itself. */
@Injectable()
export class DocumentsRepository {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLogRepository,
  ) {}

  /** Stores a document and its audit entry. Fails on a URL that is there already. */
  create(document: NewSearchDocument, actor: AdminActor): Promise<SearchDocument> {
    return this.database.transaction(async (client) => {
      const { rows } = await client.query<SearchDocument>(
        `insert into search_document (id, url, domain, title, content, authors, language, published_at, crawled_at, adult)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${LISTED}, content`,
        [
          document.id,
          document.url,
          document.domain,
          document.title,
          document.content,
          document.authors,
          document.language,
          document.publishedAt,
          document.crawledAt,
          document.adult,
        ],
      );
      const created = rows[0] as SearchDocument;
      await this.audit.append(client, { ...entryOf(created, actor), action: 'search_document.create' });
      return created;
    });
  }

  /** Newest first, at most `limit` rows after the document `afterId`. */
  list(afterId: string | undefined, limit: number): Promise<ListedDocument[]> {
    return this.database.query<ListedDocument>(
      `select ${LISTED}, octet_length(content) as "contentBytes" from search_document
       where $1::uuid is null or id < $1 order by id desc limit $2`,
      [afterId ?? null, limit],
    );
  }

  /** Null when there is none. */
  async find(id: string): Promise<SearchDocument | null> {
    const rows = await this.database.query<SearchDocument>(
      `select ${LISTED}, content from search_document where id = $1`,
      [id],
    );
    return rows[0] ?? null;
  }

  /** False when there was none. */
  delete(id: string, actor: AdminActor): Promise<boolean> {
    return this.database.transaction(async (client) => {
      const { rows } = await client.query<SearchDocument>(
        `delete from search_document where id = $1 returning ${LISTED}, content`,
        [id],
      );
      const [deleted] = rows;
      if (!deleted) return false;
      await this.audit.append(client, { ...entryOf(deleted, actor), action: 'search_document.delete' });
      return true;
    });
  }
}

const entryOf = ({ id, url, title }: SearchDocument, actor: AdminActor) => ({
  actor,
  targetKind: 'search_document',
  targetId: publicId('searchDocument', id),
  detail: { url, title },
});
