import { Body, Get, Param, Patch, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { optionalUuid, uuidv7 } from '../../../core/ids.js';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../../platform/http/answers.decorator.js';
import { PublicIdPipe } from '../../../platform/http/public-id.pipe.js';
import { CreateLegalEntityDto, UpdateBillingAccountDto, UpdateLegalEntityDto } from './parties.dto.js';
import { PartiesService } from './parties.service.js';
import { showBillingAccount, showLegalEntity } from './party.js';
import { BillingAccountResource, LegalEntityResource } from './party-resources.dto.js';

@FinanceController('', 'Parties')
export class PartiesController {
  constructor(private readonly parties: PartiesService) {}

  @Get('legal-entities')
  @AdminRead()
  @ApiOperation({ summary: 'List the legal entities that sell' })
  @AnswersList(LegalEntityResource)
  async listEntities() {
    const data = (await this.parties.listEntities()).map(showLegalEntity);
    return { object: 'list', data, has_more: false, next_cursor: null };
  }

  @Post('legal-entities')
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: 'Create a legal entity',
    description: 'It has ledger accounts, tax rates and series of numbers of its own.',
  })
  @AnswersCreated(LegalEntityResource)
  async createEntity(@Body() body: CreateLegalEntityDto, @Actor() actor: AdminActor) {
    const entity = {
      id: uuidv7(),
      name: body.name,
      address: body.address ?? '',
      country: body.country ?? null,
      vatId: body.vat_id ?? null,
      taxPoint: body.tax_point ?? 'use',
      autoFinalizeMinutes: body.auto_finalize_minutes === undefined ? 60 : body.auto_finalize_minutes,
      numberPrefix: body.number_prefix,
      paymentDetails: body.payment_details ?? '',
      taxRates: body.tax_rates_ppm ?? {},
    } as const;
    return showLegalEntity(await this.parties.createEntity(entity, actor));
  }

  @Patch('legal-entities/:entity')
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Change a legal entity; issued documents stay as they are' })
  @Answers(LegalEntityResource)
  async updateEntity(
    @Param('entity', new PublicIdPipe('legalEntity')) id: string,
    @Body() body: UpdateLegalEntityDto,
    @Actor() actor: AdminActor,
  ) {
    const changes = {
      name: body.name,
      address: body.address,
      country: body.country,
      vatId: body.vat_id,
      taxPoint: body.tax_point,
      autoFinalizeMinutes: body.auto_finalize_minutes,
      numberPrefix: body.number_prefix,
      paymentDetails: body.payment_details,
      taxRates: body.tax_rates_ppm,
    };
    return showLegalEntity(await this.parties.updateEntity(id, changes, actor));
  }

  @Get('organizations/:organization/billing-account')
  @AdminRead()
  @ApiOperation({ summary: 'Get how an organization is billed' })
  @Answers(BillingAccountResource)
  async getAccount(@Param('organization', new PublicIdPipe('organization')) id: string) {
    return showBillingAccount(await this.parties.getAccount(id));
  }

  @Patch('organizations/:organization/billing-account')
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: 'Change how an organization is billed',
    description: 'Seller, name and address on invoices, terms, exemption.',
  })
  @Answers(BillingAccountResource)
  async updateAccount(
    @Param('organization', new PublicIdPipe('organization')) id: string,
    @Body() body: UpdateBillingAccountDto,
    @Actor() actor: AdminActor,
  ) {
    const legalEntityId = optionalUuid('legalEntity', body.legal_entity);
    const changes = {
      legalEntityId,
      legalName: body.legal_name,
      address: body.address,
      email: body.email,
      poNumber: body.po_number,
      netDays: body.net_days,
      taxExempt: body.tax_exempt,
    };
    return showBillingAccount(await this.parties.updateAccount(id, changes, actor));
  }
}
