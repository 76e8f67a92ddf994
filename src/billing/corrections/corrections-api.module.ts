import { Module } from '@nestjs/common';
import { CorrectionsController } from './corrections.controller.js';
import { CorrectionsModule } from './corrections.module.js';

/** The door of corrections. */
@Module({ imports: [CorrectionsModule], controllers: [CorrectionsController] })
export class CorrectionsApiModule {}
