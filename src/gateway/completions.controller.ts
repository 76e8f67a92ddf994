import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../auth/principal.js';
import { uuidv7 } from '../core/ids.js';
import { KeyAccess } from '../platform/http/access.decorator.js';
import type { Protocol } from '../protocols/protocol.js';
import {
  CHAT_ANSWER,
  EMBEDDINGS_ANSWER,
  MESSAGES_ANSWER,
  RESPONSES_ANSWER,
} from './completion-answers.dto.js';
import { CHAT_BODY, EMBEDDINGS_BODY, MESSAGES_BODY, RESPONSES_BODY } from './completions.dto.js';
import { IncomingCallsService } from './incoming-calls.service.js';
import { KeepAlive } from './keep-alive.service.js';
import { ProtocolErrorFilter } from './protocol-error.filter.js';
import { COMPLETION_ROUTES } from './routes.js';

type AuthenticatedRequest = IncomingMessage & { user: Principal; requestId?: string };

/** The customers' endpoints. Answers are written by hand: a serialiser would cost more than the call itself. */
@ApiTags('Inference')
@ApiHeader({
  name: 'x-faregate-strict',
  required: false,
  description: '"true": refuse with 400 what would otherwise be dropped with a warning',
})
@KeyAccess()
@UseFilters(ProtocolErrorFilter)
@Controller()
export class CompletionsController {
  constructor(
    private readonly calls: IncomingCallsService,
    private readonly keepAlive: KeepAlive,
  ) {}

  @Post('/v1/chat/completions')
  @HttpCode(200)
  @ApiBody(CHAT_BODY)
  @ApiResponse(CHAT_ANSWER)
  @ApiOperation({ summary: 'Chat Completions (OpenAI), streamed or not' })
  chat(@Req() request: AuthenticatedRequest, @Res() response: ServerResponse): Promise<void> {
    return this.serve(COMPLETION_ROUTES['/v1/chat/completions'], request, response);
  }

  @Post('/v1/messages')
  @HttpCode(200)
  @ApiBody(MESSAGES_BODY)
  @ApiResponse(MESSAGES_ANSWER)
  @ApiOperation({ summary: 'Messages (Anthropic), streamed or not' })
  messages(@Req() request: AuthenticatedRequest, @Res() response: ServerResponse): Promise<void> {
    return this.serve(COMPLETION_ROUTES['/v1/messages'], request, response);
  }

  @Post('/v1/responses')
  @HttpCode(200)
  @ApiBody(RESPONSES_BODY)
  @ApiResponse(RESPONSES_ANSWER)
  @ApiOperation({ summary: 'Responses (OpenAI), streamed or not; nothing is stored' })
  responses(@Req() request: AuthenticatedRequest, @Res() response: ServerResponse): Promise<void> {
    return this.serve(COMPLETION_ROUTES['/v1/responses'], request, response);
  }

  @Post('/v1/embeddings')
  @HttpCode(200)
  @ApiBody(EMBEDDINGS_BODY)
  @ApiResponse(EMBEDDINGS_ANSWER)
  @ApiOperation({ summary: 'Embeddings (OpenAI)' })
  embeddings(@Req() request: AuthenticatedRequest, @Res() response: ServerResponse): Promise<void> {
    return this.serve(COMPLETION_ROUTES['/v1/embeddings'], request, response);
  }

  private serve(protocol: Protocol, request: AuthenticatedRequest, response: ServerResponse): Promise<void> {
    const requestId = uuidv7();
    request.requestId = requestId;
    const stop = this.keepAlive.watch(response, protocol);
    return this.calls
      .serve({ requestId, protocol, principal: request.user, request, response })
      .finally(stop);
  }
}
