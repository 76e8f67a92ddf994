import { Body, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { ModelId } from './model-id.decorator.js';
import { CreateModel, ListModels, UpdateModel } from './models.dto.js';
import { ModelsService } from './models.service.js';
import { ModelResource } from './model-resource.dto.js';

/** /admin/v1/models; the slashes of an id may be written as they are. */
@AdminController('models', 'Catalogue')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Post()
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Create a model' })
  @AnswersCreated(ModelResource)
  create(@Actor() actor: AdminActor, @Body() body: CreateModel) {
    return this.models.create(actor, body);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List models, by id' })
  @AnswersList(ModelResource)
  list(@Query() query: ListModels) {
    return this.models.list(query);
  }

  @Get('*model')
  @ApiOperation({ summary: 'Get a model' })
  @ApiParam({ name: 'model', type: String, example: 'anthropic/claude-opus-4.8' })
  @AdminRead()
  @Answers(ModelResource)
  get(@ModelId() id: string) {
    return this.models.get(id);
  }

  @Patch('*model')
  @ApiOperation({ summary: 'Change a model' })
  @ApiParam({ name: 'model', type: String, example: 'anthropic/claude-opus-4.8' })
  @AdminAccess('owner', 'admin')
  @Answers(ModelResource)
  update(@Actor() actor: AdminActor, @ModelId() id: string, @Body() body: UpdateModel) {
    return this.models.update(actor, id, body);
  }
}
