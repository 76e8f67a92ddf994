import { Body, HttpCode, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { optionalUuid } from '../../core/ids.js';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { AnswersWith } from '../../platform/http/answers.decorator.js';
import { PREVIEW, PreviewPrices } from './previews.dto.js';
import { PreviewsService } from './previews.service.js';

@FinanceController('price-previews', 'Prices')
export class PreviewsController {
  constructor(private readonly previews: PreviewsService) {}

  @Post()
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({
    summary: 'Try other prices on past usage; changes nothing',
    description: 'Exact sums by customer, model and class.',
  })
  @AnswersWith(PREVIEW)
  preview(@Body() body: PreviewPrices) {
    const { organization, model, prices, currency } = body;
    return this.previews.preview({
      from: new Date(body.from),
      to: new Date(body.to),
      organizationId: optionalUuid('organization', organization),
      modelId: model,
      prices,
      currency,
      pricesAt: body.prices_at,
    });
  }
}
