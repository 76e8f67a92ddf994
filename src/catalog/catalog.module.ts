import { Module } from '@nestjs/common';
import { CatalogRepository } from './catalog.repository.js';
import { CatalogService } from './catalog.service.js';

/** Models, deployments and prices in memory, for every process that routes or prices calls. */
@Module({ providers: [CatalogRepository, CatalogService], exports: [CatalogService] })
export class CatalogModule {}
