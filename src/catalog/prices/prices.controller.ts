import { Body, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { CreatePrice, ListPrices } from './prices.dto.js';
import { PublishPrices } from './publication/publications.dto.js';
import { PublicationsService } from './publication/publications.service.js';
import { PricesService } from './prices.service.js';
import { PriceResource, PublicationResource } from './price-resource.dto.js';

/** /admin/v1/prices */
@AdminController('prices', 'Catalogue')
export class PricesController {
  constructor(
    private readonly prices: PricesService,
    private readonly publications: PublicationsService,
  ) {}

  @Post()
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Create a price; it takes over at valid_from' })
  @AnswersCreated(PriceResource)
  create(@Actor() actor: AdminActor, @Body() body: CreatePrice) {
    return this.prices.create(actor, body);
  }

  @Post('publish')
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: 'Make a price list out of another one, with a markup or a discount',
    description: 'Exact to the last place, or refused.',
  })
  @AnswersCreated(PublicationResource)
  publish(@Actor() actor: AdminActor, @Body() body: PublishPrices) {
    return this.publications.publish(actor, body);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List prices, newest first' })
  @AnswersList(PriceResource)
  list(@Query() query: ListPrices) {
    return this.prices.list(query);
  }

  @Get(':price')
  @AdminRead()
  @ApiOperation({ summary: 'Get a price' })
  @Answers(PriceResource)
  get(@Param('price', new PublicIdPipe('price')) id: string) {
    return this.prices.get(id);
  }
}
