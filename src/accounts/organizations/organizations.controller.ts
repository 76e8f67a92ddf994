import { Body, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import {
  BalanceResource,
  CreateOrganizationDto,
  OrganizationResource,
  UpdateOrganizationDto,
} from './organizations.dto.js';
import { OrganizationsService } from './organizations.service.js';

@AdminController('organizations', 'Organizations')
export class OrganizationsController {
  constructor(private readonly organizations: OrganizationsService) {}

  @Post()
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Create an organization with its billing account and wallet' })
  @AnswersCreated(OrganizationResource)
  create(@Actor() actor: AdminActor, @Body() body: CreateOrganizationDto) {
    return this.organizations.create(actor, body);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List organizations, newest first' })
  @AnswersList(OrganizationResource)
  list(@Query() query: ListQuery) {
    return this.organizations.list(query);
  }

  @Get(':organization')
  @AdminRead()
  @ApiOperation({ summary: 'Get an organization' })
  @Answers(OrganizationResource)
  get(@Param('organization', new PublicIdPipe('organization')) id: string) {
    return this.organizations.get(id);
  }

  @Patch(':organization')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Change an organization' })
  @Answers(OrganizationResource)
  update(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) id: string,
    @Body() body: UpdateOrganizationDto,
  ) {
    return this.organizations.update(actor, id, body);
  }

  @Get(':organization/balance')
  @AdminRead()
  @ApiOperation({ summary: 'What the wallet holds and what a new call could spend' })
  @Answers(BalanceResource)
  balance(@Param('organization', new PublicIdPipe('organization')) id: string) {
    return this.organizations.balance(id);
  }
}
