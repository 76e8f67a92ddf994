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
import { ListQuery } from '../../platform/http/list.dto.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { CreateGroup, UpdateGroup } from './groups.dto.js';
import { GroupsService } from './groups.service.js';
import { GroupResource } from './group-resource.dto.js';

const GROUP = new PublicIdPipe('group');

/** /admin/v1/groups: what keys pay, and which deployments serve them. */
@AdminController('groups', 'Catalogue')
export class GroupsController {
  constructor(private readonly groups: GroupsService) {}

  @Post()
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Create a group: what keys pay, and which deployments serve them' })
  @AnswersCreated(GroupResource)
  create(@Actor() actor: AdminActor, @Body() body: CreateGroup) {
    return this.groups.create(actor, body);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List groups, newest first' })
  @AnswersList(GroupResource)
  list(@Query() query: ListQuery) {
    return this.groups.list(query);
  }

  @Get(':group')
  @AdminRead()
  @ApiOperation({ summary: 'Get a group' })
  @Answers(GroupResource)
  get(@Param('group', GROUP) id: string) {
    return this.groups.get(id);
  }

  @Patch(':group')
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Change a group' })
  @Answers(GroupResource)
  update(@Actor() actor: AdminActor, @Param('group', GROUP) id: string, @Body() body: UpdateGroup) {
    return this.groups.update(actor, id, body);
  }

  @Delete(':group')
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Delete a group that no key is in' })
  @AnswersDeleted('group')
  remove(@Actor() actor: AdminActor, @Param('group', GROUP) id: string) {
    return this.groups.remove(actor, id);
  }
}
