import { Body, Get, Param, Put } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { parseNano } from '../../../core/money.js';
import { Actor, AdminAccess, type AdminActor } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import { Answers } from '../../../platform/http/answers.decorator.js';
import { PublicIdPipe } from '../../../platform/http/public-id.pipe.js';
import { BillingThresholdResource, PutBillingThresholdDto } from './threshold-billing.dto.js';
import { showThreshold, ThresholdBilling } from './threshold-billing.service.js';

@FinanceController('organizations/:organization/billing-threshold', 'Invoices')
export class ThresholdBillingController {
  constructor(private readonly thresholds: ThresholdBilling) {}

  @Put()
  @AdminAccess('owner', 'finance')
  @ApiOperation({ summary: 'Bill a customer on credit as soon as it has used so much' })
  @Answers(BillingThresholdResource)
  async put(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: PutBillingThresholdDto,
  ) {
    const amountNano = body.amount === null ? null : parseNano(body.amount);
    return showThreshold(await this.thresholds.put(actor, organizationId, amountNano));
  }

  @Get()
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'The threshold of early bills' })
  @Answers(BillingThresholdResource)
  async get(@Param('organization', new PublicIdPipe('organization')) organizationId: string) {
    return showThreshold(await this.thresholds.get(organizationId));
  }
}
