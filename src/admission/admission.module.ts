import { Module } from '@nestjs/common';
import { BatchedHolds } from '../billing/holds/batched-holds.store.js';
import { GatewayProcess } from '../billing/holds/gateway-process.service.js';
import { HoldPort } from '../billing/holds/hold-port.js';
import { CatalogModule } from '../catalog/catalog.module.js';
import { AdmissionService } from './admission.service.js';

@Module({
  imports: [CatalogModule],
  providers: [AdmissionService, GatewayProcess, { provide: HoldPort, useClass: BatchedHolds }],
  exports: [AdmissionService, GatewayProcess],
})
export class AdmissionModule {}
