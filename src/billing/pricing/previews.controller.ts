import { Body, HttpCode, Post } from '@nestjs/common';
import { parsePublicId } from '../../core/ids.js';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { PreviewPrices } from './previews.dto.js';
import { PreviewsService } from './previews.service.js';

@FinanceController('price-previews', 'prices')
export class PreviewsController {
  constructor(private readonly previews: PreviewsService) {}

  /** What past usage would have cost under other prices: exact sums by customer, model and class. Changes nothing. */
  @Post()
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  preview(@Body() body: PreviewPrices) {
    const { organization, model, prices, currency } = body;
    return this.previews.preview({
      from: new Date(body.from),
      to: new Date(body.to),
      organizationId:
        organization === undefined ? undefined : (parsePublicId('organization', organization) ?? undefined),
      modelId: model,
      prices,
      currency,
      pricesAt: body.prices_at,
    });
  }
}
