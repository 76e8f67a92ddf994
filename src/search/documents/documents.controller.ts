import { Body, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import {
  CreateSearchDocument,
  DeletedSearchDocumentResource,
  ListedSearchDocumentResource,
  SearchDocumentResource,
} from './documents.dto.js';
import { DocumentsService } from './documents.service.js';

/** /admin/v1/search-documents: what the embedded search backend can find. */
@AdminController('search-documents', 'Search documents')
export class DocumentsController {
  constructor(private readonly documents: DocumentsService) {}

  @Post()
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Load a document; it can be found at once' })
  @AnswersCreated(SearchDocumentResource)
  create(@Actor() actor: AdminActor, @Body() body: CreateSearchDocument) {
    return this.documents.create(actor, body);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List documents without their texts, newest first' })
  @AnswersList(ListedSearchDocumentResource)
  list(@Query() query: ListQuery) {
    return this.documents.list(query);
  }

  @Get(':document')
  @AdminRead()
  @ApiOperation({ summary: 'Get a document with its text' })
  @Answers(SearchDocumentResource)
  get(@Param('document', new PublicIdPipe('searchDocument')) id: string) {
    return this.documents.get(id);
  }

  @Delete(':document')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Delete a document; it is found no more' })
  @Answers(DeletedSearchDocumentResource)
  delete(@Actor() actor: AdminActor, @Param('document', new PublicIdPipe('searchDocument')) id: string) {
    return this.documents.delete(actor, id);
  }
}
