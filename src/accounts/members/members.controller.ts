import { Body, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { AddMemberDto, MemberResource } from './members.dto.js';
import { MembersService } from './members.service.js';

@AdminController('organizations/:organization/members', 'Members')
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Post()
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Add a member' })
  @AnswersCreated(MemberResource)
  add(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: AddMemberDto,
  ) {
    return this.members.add(actor, organizationId, body);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List members, newest first' })
  @AnswersList(MemberResource)
  list(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Query() query: ListQuery,
  ) {
    return this.members.list(organizationId, query);
  }
}
