import { Body, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { CreateDeployment, ListDeployments, UpdateDeployment } from './deployments.dto.js';
import { DeploymentsService } from './deployments.service.js';

const DEPLOYMENT = new PublicIdPipe('deployment');

/** /admin/v1/deployments */
@AdminController('deployments', 'Catalogue')
export class DeploymentsController {
  constructor(private readonly deployments: DeploymentsService) {}

  @Post()
  @AdminAccess('owner', 'admin')
  create(@Actor() actor: AdminActor, @Body() body: CreateDeployment) {
    return this.deployments.create(actor, body);
  }

  @Get()
  @AdminRead()
  list(@Query() query: ListDeployments) {
    return this.deployments.list(query);
  }

  @Get(':deployment')
  @AdminRead()
  get(@Param('deployment', DEPLOYMENT) id: string) {
    return this.deployments.get(id);
  }

  @Patch(':deployment')
  @AdminAccess('owner', 'admin')
  update(
    @Actor() actor: AdminActor,
    @Param('deployment', DEPLOYMENT) id: string,
    @Body() body: UpdateDeployment,
  ) {
    return this.deployments.update(actor, id, body);
  }

  @Delete(':deployment')
  @AdminAccess('owner', 'admin')
  remove(@Actor() actor: AdminActor, @Param('deployment', DEPLOYMENT) id: string) {
    return this.deployments.remove(actor, id);
  }
}
