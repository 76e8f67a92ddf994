import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { ListQuery, NoFields } from '../../platform/http/list.dto.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { AttachPaymentMethodDto, PaymentMethodResource, SetupIntentResource } from './payment-methods.dto.js';
import { PaymentMethodsService } from './payment-methods.service.js';

@AdminController('organizations/:organization/payment-methods', 'Payment methods')
export class PaymentMethodsController {
  constructor(private readonly methods: PaymentMethodsService) {}

  @Post()
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Attach a payment method; the first usable one becomes the default' })
  @AnswersCreated(PaymentMethodResource)
  attach(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: AttachPaymentMethodDto,
  ) {
    return this.methods.attach(actor, organizationId, body);
  }

  @Post('setup-intents')
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: "Begin the entry of a card in the payer's browser; attach the setup intent afterwards",
  })
  @AnswersCreated(SetupIntentResource)
  beginSetup(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() _body: NoFields,
  ) {
    return this.methods.beginSetup(actor, organizationId);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List payment methods, newest first' })
  @AnswersList(PaymentMethodResource)
  list(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Query() query: ListQuery,
  ) {
    return this.methods.list(organizationId, query);
  }

  @Get(':paymentMethod')
  @AdminRead()
  @ApiOperation({ summary: 'Get a payment method' })
  @Answers(PaymentMethodResource)
  get(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Param('paymentMethod', new PublicIdPipe('paymentMethod')) id: string,
  ) {
    return this.methods.get(organizationId, id);
  }

  @Post(':paymentMethod/detach')
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Detach a payment method' })
  @Answers(PaymentMethodResource)
  detach(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Param('paymentMethod', new PublicIdPipe('paymentMethod')) id: string,
    @Body() _body: NoFields,
  ) {
    return this.methods.detach(actor, organizationId, id);
  }
}
