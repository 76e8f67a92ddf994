import type { IncomingMessage } from 'node:http';
import { Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Principal } from '../../auth/principal.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import { KeyAccess } from '../../platform/http/access.decorator.js';
import { COUNT_ANSWER } from '../completion-answers.dto.js';
import { MESSAGES_BODY } from '../completions.dto.js';
import { ProtocolErrorFilter } from '../protocol-error.filter.js';
import { CountTokensService } from './count-tokens.service.js';

type AuthenticatedRequest = IncomingMessage & { user: Principal; requestId?: string };

/** Counting before calling, as Anthropic's clients do. */
@ApiTags('Inference')
@KeyAccess()
@UseFilters(ProtocolErrorFilter)
@Controller()
export class CountTokensController {
  constructor(private readonly counter: CountTokensService) {}

  @Post('/v1/messages/count_tokens')
  @HttpCode(200)
  @ApiBody(MESSAGES_BODY)
  @ApiResponse(COUNT_ANSWER)
  @ApiOperation({
    summary: 'Input tokens of a Messages request; `x-faregate-warnings` says when it is an estimate',
  })
  async count(@Req() request: AuthenticatedRequest, @Res() response: Response): Promise<void> {
    const requestId = uuidv7();
    request.requestId = requestId;
    const { inputTokens, exact } = await this.counter.count(request.user, request);
    response.setHeader('x-request-id', publicId('request', requestId));
    if (!exact) response.setHeader('x-faregate-warnings', 'input_tokens is an estimate');
    response.json({ input_tokens: inputTokens });
  }
}
