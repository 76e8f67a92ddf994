import { Body, Get, Param, Put } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { invalidRequest } from '../../../core/errors.js';
import { publicId } from '../../../core/ids.js';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import { Answers } from '../../../platform/http/answers.decorator.js';
import { PublicIdPipe } from '../../../platform/http/public-id.pipe.js';
import { AccountCodesResource, PutAccountCodesDto } from './account-codes.dto.js';
import { AccountCodesRepository, type AccountCode } from './account-codes.repository.js';

/** What a legal entity's accounting system calls the accounts; stands in the report `journal`. */
@FinanceController('legal-entities/:entity/account-codes', 'Reports')
export class AccountCodesController {
  constructor(private readonly accountCodes: AccountCodesRepository) {}

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'Get the account codes of a legal entity' })
  @Answers(AccountCodesResource)
  async get(@Param('entity', new PublicIdPipe('legalEntity')) id: string) {
    return show(id, await this.accountCodes.list(id));
  }

  @Put()
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Replace the account codes of a legal entity' })
  @Answers(AccountCodesResource)
  async put(
    @Param('entity', new PublicIdPipe('legalEntity')) id: string,
    @Body() body: PutAccountCodesDto,
    @Actor() actor: AdminActor,
  ) {
    const codes = body.codes.map(({ account, code, name }) => ({ account, code, name: name ?? '' }));
    const twice = codes.find(({ account }, index) => codes.findIndex((c) => c.account === account) !== index);
    if (twice) throw invalidRequest(`codes names ${twice.account} twice`, 'codes');
    return show(id, await this.accountCodes.replace(actor, id, codes));
  }
}

const show = (id: string, codes: AccountCode[]) => ({
  object: 'account_codes',
  legal_entity: publicId('legalEntity', id),
  codes,
});
