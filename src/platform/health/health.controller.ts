import { Controller, Get, Header, NotFoundException, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AppConfig } from '../config/app-config.js';
import { PublicAccess } from '../http/access.decorator.js';
import { AnswersWith } from '../http/answers.decorator.js';
import { flag, listOf, objectOf, text, word } from '../http/openapi-schema.js';
import { Metrics } from './metrics.service.js';
import { Readiness } from './readiness.service.js';

const READINESS = {
  status: word('ready', 'not_ready', 'draining'),
  dependencies: listOf(
    objectOf({ name: text, up: flag, detail: { ...text, description: 'What is wrong.' } }, ['detail']),
  ),
};

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
  @AnswersWith({ status: word('alive') })
  live(): object {
    return { status: 'alive' };
  }

  @Get('/readyz')
  @ApiOperation({ summary: 'The process wants traffic; says which dependency is down' })
  @AnswersWith(READINESS)
  @ApiServiceUnavailableResponse({ description: 'It wants none.', schema: objectOf(READINESS) })
  async ready(@Res() response: Response): Promise<void> {
    const state = await this.readiness.report();
    response.status(state.status === 'ready' ? 200 : 503).json(state);
  }

  @Get('/metrics')
  @Header('content-type', 'text/plain; version=0.0.4')
  @ApiOperation({ summary: 'Prometheus metrics; on METRICS_PORT when that is set' })
  @ApiOkResponse({ content: { 'text/plain': { schema: text } } })
  scrape(): Promise<string> {
    if (this.config.metricsPort !== undefined) throw new NotFoundException();
    return this.metrics.registry.metrics();
  }
}
