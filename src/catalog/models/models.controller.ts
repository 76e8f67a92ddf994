import { Body, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { ModelId } from './model-id.decorator.js';
import { CreateModel, ListModels, UpdateModel } from './models.dto.js';
import { ModelsService } from './models.service.js';

/** /admin/v1/models; the slashes of an id may be written as they are. */
@AdminController('models', 'Catalogue')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Post()
  @AdminAccess('owner', 'admin')
  create(@Actor() actor: AdminActor, @Body() body: CreateModel) {
    return this.models.create(actor, body);
  }

  @Get()
  @AdminRead()
  list(@Query() query: ListModels) {
    return this.models.list(query);
  }

  @Get('*model')
  @ApiParam({ name: 'model', example: 'anthropic/claude-opus-4.8' })
  @AdminRead()
  get(@ModelId() id: string) {
    return this.models.get(id);
  }

  @Patch('*model')
  @ApiParam({ name: 'model', example: 'anthropic/claude-opus-4.8' })
  @AdminAccess('owner', 'admin')
  update(@Actor() actor: AdminActor, @ModelId() id: string, @Body() body: UpdateModel) {
    return this.models.update(actor, id, body);
  }
}
