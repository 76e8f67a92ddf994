import { Body, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import {
  Answers,
  AnswersCreated,
  AnswersDeleted,
  AnswersList,
} from '../../platform/http/answers.decorator.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { CreateDeployment, ListDeployments, UpdateDeployment } from './deployments.dto.js';
import { DeploymentsService } from './deployments.service.js';
import { DeploymentResource } from './deployment-resource.dto.js';

const DEPLOYMENT = new PublicIdPipe('deployment');

/** /admin/v1/deployments */
@AdminController('deployments', 'Catalogue')
export class DeploymentsController {
  constructor(private readonly deployments: DeploymentsService) {}

  @Post()
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Create a deployment: a model at a provider' })
  @AnswersCreated(DeploymentResource)
  create(@Actor() actor: AdminActor, @Body() body: CreateDeployment) {
    return this.deployments.create(actor, body);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List deployments, newest first' })
  @AnswersList(DeploymentResource)
  list(@Query() query: ListDeployments) {
    return this.deployments.list(query);
  }

  @Get(':deployment')
  @AdminRead()
  @ApiOperation({ summary: 'Get a deployment' })
  @Answers(DeploymentResource)
  get(@Param('deployment', DEPLOYMENT) id: string) {
    return this.deployments.get(id);
  }

  @Patch(':deployment')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Change, drain or disable a deployment' })
  @Answers(DeploymentResource)
  update(
    @Actor() actor: AdminActor,
    @Param('deployment', DEPLOYMENT) id: string,
    @Body() body: UpdateDeployment,
  ) {
    return this.deployments.update(actor, id, body);
  }

  @Delete(':deployment')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Delete a deployment; requests that name it stay readable' })
  @AnswersDeleted('deployment')
  remove(@Actor() actor: AdminActor, @Param('deployment', DEPLOYMENT) id: string) {
    return this.deployments.remove(actor, id);
  }
}
