import { Module } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import { Database } from '../platform/database/database.service.js';
import { DocumentsController } from './documents/documents.controller.js';
import { DocumentsRepository } from './documents/documents.repository.js';
import { DocumentsService } from './documents/documents.service.js';
import { FullTextRepository } from './documents/full-text.repository.js';
import { OctenClient } from './octen/octen.client.js';
import { SearchBackend } from './search-backend.js';
import { SearchService } from './search.service.js';
import { SearxngClient } from './searxng/searxng.client.js';

/** octen_search: the configured backend, and the admin door to the documents of the embedded one. */
@Module({
  controllers: [DocumentsController],
  providers: [
    DocumentsRepository,
    DocumentsService,
    SearchService,
    { provide: SearchBackend, inject: [AppConfig, Database], useFactory: chooseBackend },
  ],
  exports: [SearchService],
})
export class SearchModule {}

function chooseBackend(config: AppConfig, database: Database): SearchBackend {
  const { backend, ...service } = config.search;
  if (backend === 'octen') return new OctenClient(service);
  if (backend === 'searxng') return new SearxngClient(service);
  return new FullTextRepository(database);
}
