import { Body, Get, Param, Post } from '@nestjs/common';
import { parsePublicId, uuidv7 } from '../../core/ids.js';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated } from '../../platform/http/answers.decorator.js';
import { OperationKey } from '../../platform/http/idempotency.interceptor.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { showCorrection } from './correction.js';
import { CorrectionResource, CreateCorrectionDto, targetId } from './corrections.dto.js';
import { CorrectionsService } from './corrections.service.js';

@FinanceController('organizations/:organization/corrections', 'corrections')
export class CorrectionsController {
  constructor(private readonly corrections: CorrectionsService) {}

  /** Takes charges back and, unless told otherwise, charges them anew; what was invoiced gets a credit note. */
  @Post()
  @AdminAccess('owner', 'admin', 'finance')
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

  /** A correction with the numbers of its credit notes. */
  @Get(':correction')
  @AdminRead()
  @Answers(CorrectionResource)
  async get(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Param('correction', new PublicIdPipe('correction')) id: string,
  ) {
    const { correction, notes } = await this.corrections.get(organizationId, id);
    return showCorrection(correction, notes);
  }
}
