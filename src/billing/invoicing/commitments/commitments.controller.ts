import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { parseNano } from '../../../core/money.js';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../../platform/http/access.decorator.js';
import { AdminController } from '../../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../../platform/http/answers.decorator.js';
import { ListQuery } from '../../../platform/http/list.dto.js';
import { listPage, readCursor } from '../../../platform/http/list.js';
import { PublicIdPipe } from '../../../platform/http/public-id.pipe.js';
import { showCommitment } from './commitment.js';
import { CommitmentResource, CreateCommitmentDto, EndCommitmentDto } from './commitments.dto.js';
import { CommitmentsService } from './commitments.service.js';

@AdminController('organizations/:organization/commitments', 'Commitments')
export class CommitmentsController {
  constructor(private readonly commitments: CommitmentsService) {}

  @Post()
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Commit a customer on credit to a minimum of usage a month' })
  @AnswersCreated(CommitmentResource)
  async create(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: CreateCommitmentDto,
    @Actor() actor: AdminActor,
  ) {
    const order = {
      organizationId,
      amountNano: parseNano(body.amount),
      currency: body.currency,
      validFrom: body.valid_from,
      validUntil: body.valid_until ?? null,
    };
    return showCommitment(await this.commitments.create(order, actor));
  }

  @Post(':commitment/end')
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'End a commitment; months that are billed stay as they are' })
  @Answers(CommitmentResource)
  async end(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Param('commitment', new PublicIdPipe('commitment')) id: string,
    @Body() body: EndCommitmentDto,
    @Actor() actor: AdminActor,
  ) {
    return showCommitment(
      await this.commitments.end({ organizationId, id, validUntil: body.valid_until }, actor),
    );
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'The commitments of a customer, newest first' })
  @AnswersList(CommitmentResource)
  async list(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Query() query: ListQuery,
  ) {
    const rows = await this.commitments.list(
      organizationId,
      query.limit + 1,
      readCursor(query.cursor, 'uuid'),
    );
    return listPage({ rows, limit: query.limit, keyOf: ({ id }) => id, toItem: showCommitment });
  }
}
