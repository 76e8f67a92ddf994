import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
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
  ) {}

  @Get('/livez')
  @ApiOperation({ summary: 'The process runs' })
  live(): object {
    return { status: 'alive' };
  }

  @Get('/readyz')
  @ApiOperation({ summary: 'The process wants traffic; says which dependency is down' })
  async ready(@Res() response: Response): Promise<void> {
    const dependencies = await this.readiness.check();
    const isReady = !this.readiness.draining && dependencies.every(({ up }) => up);
    const status = this.readiness.draining ? 'draining' : isReady ? 'ready' : 'not_ready';
    response.status(isReady ? 200 : 503).json({ status, dependencies });
  }

  @Get('/metrics')
  @Header('content-type', 'text/plain; version=0.0.4')
  @ApiOperation({ summary: 'Prometheus metrics' })
  scrape(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
