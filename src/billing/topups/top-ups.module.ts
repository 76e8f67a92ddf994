import { Module } from '@nestjs/common';
import { PaymentsModule } from '../payments/payments.module.js';
import { AutoTopUps } from './auto-top-ups.service.js';
import { TopUpCredit } from './top-up-credit.service.js';
import { TopUpPayments } from './top-up-payments.service.js';
import { TopUpsRepository } from './top-ups.repository.js';
import { TopUpsService } from './top-ups.service.js';

const SERVICES = [TopUpsRepository, TopUpsService, TopUpCredit, TopUpPayments, AutoTopUps];

/** Credit bought in advance. */
@Module({ imports: [PaymentsModule], providers: SERVICES, exports: SERVICES })
export class TopUpsModule {}
