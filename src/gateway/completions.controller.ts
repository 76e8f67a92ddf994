import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../auth/principal.js';
import { uuidv7 } from '../core/ids.js';
import { KeyAccess } from '../platform/http/access.decorator.js';
import type { Protocol } from '../protocols/protocol.js';
import { CompletionsService } from './completions.service.js';
import { CHAT_BODY, MESSAGES_BODY } from './completions.dto.js';
import { ProtocolErrorFilter } from './protocol-error.filter.js';
import { COMPLETION_ROUTES } from './routes.js';

type AuthenticatedRequest = IncomingMessage & { user: Principal; requestId?: string };

/** The customers' endpoints. Answers are written by hand: a serialiser would cost more than the call itself. */
@ApiTags('Inference')
@KeyAccess()
@UseFilters(ProtocolErrorFilter)
@Controller()
export class CompletionsController {
  constructor(private readonly completions: CompletionsService) {}

  @Post('/v1/chat/completions')
  @HttpCode(200)
  @ApiBody(CHAT_BODY)
  @ApiOperation({ summary: 'Chat Completions (OpenAI), streamed or not' })
  chat(@Req() request: AuthenticatedRequest, @Res() response: ServerResponse): Promise<void> {
    return this.serve(COMPLETION_ROUTES['/v1/chat/completions'], request, response);
  }

  @Post('/v1/messages')
  @HttpCode(200)
  @ApiBody(MESSAGES_BODY)
  @ApiOperation({ summary: 'Messages (Anthropic), streamed or not' })
  messages(@Req() request: AuthenticatedRequest, @Res() response: ServerResponse): Promise<void> {
    return this.serve(COMPLETION_ROUTES['/v1/messages'], request, response);
  }

  private serve(protocol: Protocol, request: AuthenticatedRequest, response: ServerResponse): Promise<void> {
    const requestId = uuidv7();
    request.requestId = requestId;
    return this.completions.complete({ requestId, protocol, principal: request.user, request, response });
  }
}
