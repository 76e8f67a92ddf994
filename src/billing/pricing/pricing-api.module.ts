import { Module } from '@nestjs/common';
import { CatalogModule } from '../../catalog/catalog.module.js';
import { PastLinesRepository } from './past-lines.repository.js';
import { PreviewsController } from './previews.controller.js';
import { PreviewsService } from './previews.service.js';

/** What prices would have meant for usage that is past. */
@Module({
  imports: [CatalogModule],
  controllers: [PreviewsController],
  providers: [PastLinesRepository, PreviewsService],
})
export class PricingApiModule {}
