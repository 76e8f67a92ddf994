import { Body, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { CreateProvider, ListProviders, UpdateProvider } from './providers.dto.js';
import { ProvidersService } from './providers.service.js';
import { ProviderResource } from './provider-resource.dto.js';

/** /admin/v1/providers; `{provider}` is an id or a slug. */
@AdminController('providers', 'Catalogue')
export class ProvidersController {
  constructor(private readonly providers: ProvidersService) {}

  @Post()
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Create a provider' })
  @AnswersCreated(ProviderResource)
  create(@Actor() actor: AdminActor, @Body() body: CreateProvider) {
    return this.providers.create(actor, body);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List providers, newest first' })
  @AnswersList(ProviderResource)
  list(@Query() query: ListProviders) {
    return this.providers.list(query);
  }

  @Get(':provider')
  @AdminRead()
  @ApiOperation({ summary: 'Get a provider, by id or slug' })
  @Answers(ProviderResource)
  get(@Param('provider') provider: string) {
    return this.providers.get(provider);
  }

  @Patch(':provider')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Change a provider' })
  @Answers(ProviderResource)
  update(@Actor() actor: AdminActor, @Param('provider') provider: string, @Body() body: UpdateProvider) {
    return this.providers.update(actor, provider, body);
  }
}
