import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, HttpCode, Param, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import {
  ApiBody,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Principal } from '../auth/principal.js';
import { uuidv7 } from '../core/ids.js';
import { KeyAccess } from '../platform/http/access.decorator.js';
import { googleGemini, googleGeminiArray } from '../protocols/google-gemini/index.js';
import { GEMINI_ANSWER, GEMINI_STREAM } from './completion-answers.dto.js';
import { GEMINI_BODY } from './completions.dto.js';
import { IncomingCallsService } from './incoming-calls.service.js';
import { KeepAlive } from './keep-alive.service.js';
import { ProtocolErrorFilter } from './protocol-error.filter.js';

type AuthenticatedRequest = IncomingMessage & { user: Principal; requestId?: string };

const MODEL = {
  name: 'model',
  type: String,
  description: '"models/google/gemini-3.5-flash", with or without "models/"',
};

/**
 * Google's own addresses, in both versions of its API: the path names the model and the manner of the answer, which other
 * protocols put in the body.
 */
@ApiTags('Inference')
@ApiSecurity('google key')
@KeyAccess()
@UseFilters(ProtocolErrorFilter)
@Controller()
export class GeminiController {
  constructor(
    private readonly calls: IncomingCallsService,
    private readonly keepAlive: KeepAlive,
  ) {}

  @Post(['/v1beta/*model\\:generateContent', '/v1/models/*model\\:generateContent'])
  @HttpCode(200)
  @ApiParam(MODEL)
  @ApiBody(GEMINI_BODY)
  @ApiResponse(GEMINI_ANSWER)
  @ApiOperation({ summary: 'generateContent (Google Gemini)' })
  generate(
    @Param('model') model: string | string[],
    @Req() request: AuthenticatedRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    return this.serve({ model, stream: false, alt: undefined }, request, response);
  }

  @Post(['/v1beta/*model\\:streamGenerateContent', '/v1/models/*model\\:streamGenerateContent'])
  @HttpCode(200)
  @ApiParam(MODEL)
  @ApiQuery({
    name: 'alt',
    type: String,
    required: false,
    description: '"sse": events; without it one JSON array that grows',
  })
  @ApiBody(GEMINI_BODY)
  @ApiResponse(GEMINI_STREAM)
  @ApiOperation({ summary: 'streamGenerateContent (Google Gemini)' })
  stream(
    @Param('model') model: string | string[],
    @Query('alt') alt: unknown,
    @Req() request: AuthenticatedRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    return this.serve({ model, stream: true, alt }, request, response);
  }

  private serve(
    asked: { model: string | string[]; stream: boolean; alt: unknown },
    request: AuthenticatedRequest,
    response: ServerResponse,
  ): Promise<void> {
    const requestId = uuidv7();
    request.requestId = requestId;
    const path = Array.isArray(asked.model) ? asked.model.join('/') : asked.model;
    const protocol = asked.alt === 'sse' ? googleGemini : googleGeminiArray;
    const stop = this.keepAlive.watch(response, protocol);
    const served = this.calls.serve({
      requestId,
      protocol,
      pathFields: { model: path.replace(/^models\//, ''), stream: asked.stream },
      principal: request.user,
      request,
      response,
    });
    return served.finally(stop);
  }
}
