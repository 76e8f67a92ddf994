import { Module } from '@nestjs/common';
import { InvoicingModule } from '../invoicing/invoicing.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { AutoTopUps } from './auto-top-ups.service.js';
import { TopUpCredit } from './top-up-credit.service.js';
import { TopUpPayments } from './top-up-payments.service.js';
import { SalesRepository } from './sales.repository.js';
import { TopUpSales } from './top-up-sales.service.js';
import { TopUpWallets } from './top-up-wallets.service.js';
import { TopUpsRepository } from './top-ups.repository.js';
import { TopUpsService } from './top-ups.service.js';

const SERVICES = [
  TopUpsRepository,
  TopUpsService,
  TopUpCredit,
  TopUpPayments,
  AutoTopUps,
  SalesRepository,
  TopUpSales,
  TopUpWallets,
];

/** Credit bought in advance. */
@Module({ imports: [PaymentsModule, InvoicingModule], providers: SERVICES, exports: SERVICES })
export class TopUpsModule {}
