import { Controller, Get, Header, NotFoundException, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AppConfig } from '../config/app-config.js';
import { PublicAccess } from '../http/access.decorator.js';
import { Metrics } from './metrics.service.js';
import { Readiness } from './readiness.service.js';

/** What orchestrators and Prometheus ask. */
@ApiTags('Health')
@PublicAccess()
@Controller()
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
    private readonly config: AppConfig,
  ) {}

  @Get('/livez')
  @ApiOperation({ summary: 'The process runs' })
  live(): object {
    return { status: 'alive' };
  }

  @Get('/readyz')
  @ApiOperation({ summary: 'The process wants traffic; says which dependency is down' })
  async ready(@Res() response: Response): Promise<void> {
    const state = await this.readiness.report();
    response.status(state.status === 'ready' ? 200 : 503).json(state);
  }

  @Get('/metrics')
  @Header('content-type', 'text/plain; version=0.0.4')
  @ApiOperation({ summary: 'Prometheus metrics; on METRICS_PORT when that is set' })
  scrape(): Promise<string> {
    if (this.config.metricsPort !== undefined) throw new NotFoundException();
    return this.metrics.registry.metrics();
  }
}
