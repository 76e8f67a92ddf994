import { Controller, Get, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountAccess } from '../../platform/http/access.decorator.js';
import { AnswersWith } from '../../platform/http/answers.decorator.js';
import { BILLING_USAGE, SUBSCRIPTION, TOKEN_USAGE } from './key-account.dto.js';
import { KeyAccountRepository } from './key-account.repository.js';
import { Caller, type KeyCaller } from './key-caller.decorator.js';
import { NewApiErrorFilter } from './new-api-error.filter.js';
import { billingUsage, subscription, tokenUsage } from './new-api.js';

/** The account pages that New API's clients look at (statement 78). */
@ApiTags('Account')
@AccountAccess()
@Controller()
export class NewApiController {
  constructor(private readonly accounts: KeyAccountRepository) {}

  @Get('api/usage/token')
  @UseFilters(NewApiErrorFilter)
  @ApiOperation({ summary: "This key's quota, as New API shows it" })
  @AnswersWith(TOKEN_USAGE)
  async token(@Caller() caller: KeyCaller) {
    return tokenUsage(
      await this.accounts.getAccount(caller.keyId, caller.organizationId),
      await this.accounts.getCredits(caller.walletId),
    );
  }

  @Get(['dashboard/billing/subscription', 'v1/dashboard/billing/subscription'])
  @ApiOperation({ summary: "This key's limits, as OpenAI's old dashboard and New API show them" })
  @AnswersWith(SUBSCRIPTION)
  async subscription(@Caller() caller: KeyCaller) {
    return subscription(
      await this.accounts.getAccount(caller.keyId, caller.organizationId),
      await this.accounts.getCredits(caller.walletId),
    );
  }

  @Get(['dashboard/billing/usage', 'v1/dashboard/billing/usage'])
  @ApiOperation({ summary: 'What this key spent, in hundredths' })
  @AnswersWith(BILLING_USAGE)
  async usage(@Caller() caller: KeyCaller) {
    return billingUsage(await this.accounts.getAccount(caller.keyId, caller.organizationId));
  }
}
