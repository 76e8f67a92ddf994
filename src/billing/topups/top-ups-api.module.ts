import { Module } from '@nestjs/common';
import { TopUpsController } from './top-ups.controller.js';
import { TopUpsModule } from './top-ups.module.js';

/** The doors of top-ups. */
@Module({ imports: [TopUpsModule], controllers: [TopUpsController] })
export class TopUpsApiModule {}
