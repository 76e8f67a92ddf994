import { Module } from '@nestjs/common';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { InvoicingModule } from '../invoicing/invoicing.module.js';
import { CorrectionSettlementService } from './correction-settlement.service.js';
import { CorrectionsRepository } from './corrections.repository.js';
import { CorrectionsService } from './corrections.service.js';

const SERVICES = [AuditLogRepository, CorrectionsRepository, CorrectionSettlementService, CorrectionsService];

/** Charges that were wrong, made right. */
@Module({ imports: [InvoicingModule], providers: SERVICES, exports: SERVICES })
export class CorrectionsModule {}
