import { Module } from '@nestjs/common';
import { BackgroundExportsRepository } from './background/background-exports.repository.js';
import { DiskExportFiles, ExportFiles } from './background/export-files.store.js';
import { ExportRuns } from './background/export-runs.service.js';
import { ExportsService } from './exports.service.js';
import { ReportsRepository } from './reports.repository.js';

const SERVICES = [
  ReportsRepository,
  ExportsService,
  BackgroundExportsRepository,
  ExportRuns,
  { provide: ExportFiles, useClass: DiskExportFiles },
];

/** Reports, and the exports that are written in the background. */
@Module({ providers: SERVICES, exports: SERVICES })
export class ExportsModule {}
