import { Body, Get, Param, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { parsePublicId, uuidv7 } from '../../core/ids.js';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated } from '../../platform/http/answers.decorator.js';
import { OperationKey } from '../../platform/http/idempotency.interceptor.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { showCorrection } from './correction.js';
import { CorrectionResource, CreateCorrectionDto, targetId } from './corrections.dto.js';
import { CorrectionsService } from './corrections.service.js';

@FinanceController('organizations/:organization/corrections', 'Corrections')
export class CorrectionsController {
  constructor(private readonly corrections: CorrectionsService) {}

  @Post()
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: 'Take charges back and, unless told otherwise, charge them anew',
    description: 'What was invoiced gets a credit note.',
  })
  @AnswersCreated(CorrectionResource)
  async create(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: CreateCorrectionDto,
    @Actor() actor: AdminActor,
    @OperationKey() operationKey: string | null,
  ) {
    const { correction, notes } = await this.corrections.correct(
      {
        organizationId,
        targets: body.events.map((text) => targetId(text) ?? text),
        prices: (body.prices ?? []).map((text) => parsePublicId('price', text) ?? text),
        chargeAgain: body.charge_again ?? true,
        reason: body.reason,
        memo: body.memo,
        idempotencyKey: operationKey ?? `correction:${uuidv7()}`,
      },
      actor,
    );
    return showCorrection(correction, notes);
  }

  @Get(':correction')
  @AdminRead()
  @ApiOperation({ summary: 'Get a correction with the numbers of its credit notes' })
  @Answers(CorrectionResource)
  async get(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Param('correction', new PublicIdPipe('correction')) id: string,
  ) {
    const { correction, notes } = await this.corrections.get(organizationId, id);
    return showCorrection(correction, notes);
  }
}
