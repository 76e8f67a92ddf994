import { Module } from '@nestjs/common';
import { CatalogModule } from '../catalog/catalog.module.js';
import { RoutingService } from './routing.service.js';

@Module({ imports: [CatalogModule], providers: [RoutingService], exports: [RoutingService] })
export class RoutingModule {}
