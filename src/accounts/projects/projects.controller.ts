import { Body, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { CreateProjectDto, ProjectResource, UpdateProjectDto } from './projects.dto.js';
import { ProjectsService } from './projects.service.js';

@AdminController('', 'Projects')
export class ProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  @Post('organizations/:organization/projects')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Create a project' })
  @AnswersCreated(ProjectResource)
  create(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: CreateProjectDto,
  ) {
    return this.projects.create(actor, organizationId, body);
  }

  @Get('organizations/:organization/projects')
  @AdminRead()
  @ApiOperation({ summary: 'List the projects of an organization, newest first' })
  @AnswersList(ProjectResource)
  list(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Query() query: ListQuery,
  ) {
    return this.projects.list(organizationId, query);
  }

  @Get('projects/:project')
  @AdminRead()
  @ApiOperation({ summary: 'Get a project' })
  @Answers(ProjectResource)
  get(@Param('project', new PublicIdPipe('project')) id: string) {
    return this.projects.get(id);
  }

  @Patch('projects/:project')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Change or archive a project' })
  @Answers(ProjectResource)
  update(
    @Actor() actor: AdminActor,
    @Param('project', new PublicIdPipe('project')) id: string,
    @Body() body: UpdateProjectDto,
  ) {
    return this.projects.update(actor, id, body);
  }
}
