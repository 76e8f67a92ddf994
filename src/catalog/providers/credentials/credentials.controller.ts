import { Body, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../../platform/http/access.decorator.js';
import { AdminController } from '../../../platform/http/admin-controller.decorator.js';
import {
  Answers,
  AnswersCreated,
  AnswersDeleted,
  AnswersList,
} from '../../../platform/http/answers.decorator.js';
import { PublicIdPipe } from '../../../platform/http/public-id.pipe.js';
import { CreateCredential, ListCredentials, UpdateCredential } from './credentials.dto.js';
import { CredentialsService } from './credentials.service.js';
import { CredentialResource } from './credential-resource.dto.js';

const CREDENTIAL = new PublicIdPipe('providerCredential');

/** /admin/v1/providers/{provider}/credentials; `{provider}` is an id or a slug. */
@AdminController('providers/:provider/credentials', 'Catalogue')
export class CredentialsController {
  constructor(private readonly credentials: CredentialsService) {}

  @Post()
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Add a credential to a provider' })
  @AnswersCreated(CredentialResource)
  create(@Actor() actor: AdminActor, @Param('provider') provider: string, @Body() body: CreateCredential) {
    return this.credentials.create(actor, provider, body);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List the credentials of a provider, newest first' })
  @AnswersList(CredentialResource)
  list(@Param('provider') provider: string, @Query() query: ListCredentials) {
    return this.credentials.list(provider, query);
  }

  @Get(':credential')
  @AdminRead()
  @ApiOperation({ summary: 'Get a credential, without its secret' })
  @Answers(CredentialResource)
  get(@Param('provider') provider: string, @Param('credential', CREDENTIAL) id: string) {
    return this.credentials.get(provider, id);
  }

  @Patch(':credential')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Change or disable a credential' })
  @Answers(CredentialResource)
  update(
    @Actor() actor: AdminActor,
    @Param('provider') provider: string,
    @Param('credential', CREDENTIAL) id: string,
    @Body() body: UpdateCredential,
  ) {
    return this.credentials.update(actor, { provider, id }, body);
  }

  @Delete(':credential')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Delete a credential' })
  @AnswersDeleted('provider_credential')
  remove(
    @Actor() actor: AdminActor,
    @Param('provider') provider: string,
    @Param('credential', CREDENTIAL) id: string,
  ) {
    return this.credentials.remove(actor, { provider, id });
  }
}
