import { Body, Get, Param, Post, Query } from '@nestjs/common';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { CreatePrice, ListPrices } from './prices.dto.js';
import { PublishPrices } from './publication/publications.dto.js';
import { PublicationsService } from './publication/publications.service.js';
import { PricesService } from './prices.service.js';

/** /admin/v1/prices */
@AdminController('prices', 'Catalogue')
export class PricesController {
  constructor(
    private readonly prices: PricesService,
    private readonly publications: PublicationsService,
  ) {}

  @Post()
  @AdminAccess('owner', 'admin', 'finance')
  create(@Actor() actor: AdminActor, @Body() body: CreatePrice) {
    return this.prices.create(actor, body);
  }

  /** A whole price list out of another one with a markup or a discount: exact to the last place, or refused. */
  @Post('publish')
  @AdminAccess('owner', 'admin', 'finance')
  publish(@Actor() actor: AdminActor, @Body() body: PublishPrices) {
    return this.publications.publish(actor, body);
  }

  @Get()
  @AdminRead()
  list(@Query() query: ListPrices) {
    return this.prices.list(query);
  }

  @Get(':price')
  @AdminRead()
  get(@Param('price', new PublicIdPipe('price')) id: string) {
    return this.prices.get(id);
  }
}
