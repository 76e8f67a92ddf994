import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { AccountAccess } from '../../platform/http/access.decorator.js';
import { AnswersWith } from '../../platform/http/answers.decorator.js';
import { RequestsRepository } from '../usage/requests.repository.js';
import { requestOfGeneration } from './generation-id.js';
import { CREDITS, GENERATION, KEY } from './key-account.dto.js';
import { showCredits, showGeneration, showKey } from './key-account.js';
import { KeyAccountRepository } from './key-account.repository.js';
import { Caller, type KeyCaller } from './key-caller.decorator.js';

/** What a customer's key may ask about itself, its credit and its calls. */
@ApiTags('Account')
@AccountAccess()
@Controller('v1')
export class KeyAccountController {
  constructor(
    private readonly accounts: KeyAccountRepository,
    private readonly requests: RequestsRepository,
  ) {}

  @Get('key')
  @ApiOperation({ summary: 'This key: what it spent, its cap and its limits' })
  @AnswersWith(KEY)
  async key(@Caller() caller: KeyCaller) {
    return showKey(await this.accounts.getAccount(caller.keyId, caller.organizationId));
  }

  @Get('credits')
  @ApiOperation({ summary: 'The credit this key spends from' })
  @AnswersWith(CREDITS)
  async credits(@Caller() caller: KeyCaller) {
    return showCredits(await this.accounts.getCredits(caller.walletId));
  }

  /** Calls of the key's own project only; anybody else's do not exist. */
  @Get('generation')
  @ApiOperation({ summary: 'One call by the id of its answer: route, tokens and charge' })
  @ApiQuery({ name: 'id', type: String, example: 'gen-0199…' })
  @AnswersWith(GENERATION)
  async generation(@Query('id') id: unknown, @Caller() caller: KeyCaller) {
    if (typeof id !== 'string' || id === '') throw invalidRequest('id is required', 'id');
    const requestId = requestOfGeneration(id);
    const found = requestId === null ? null : await this.requests.find(requestId);
    if (found?.request.projectId !== caller.projectId) {
      throw new FaregateError('not_found', `There is no generation "${id.slice(0, 100)}"`, { param: 'id' });
    }
    return showGeneration(id, found);
  }
}
