import { Body, Get, Param, Put } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { parseNano } from '../../core/money.js';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { Answers } from '../../platform/http/answers.decorator.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { alertRuleView } from './alert.js';
import { AlertsService } from './alerts.service.js';
import { AlertsResource, PutAlertsDto } from './notifications.dto.js';

@AdminController('organizations/:organization/alerts', 'Webhooks')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  @Put()
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Say at which balances and parts of a budget to be told, and by which e-mail' })
  @Answers(AlertsResource)
  async put(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: PutAlertsDto,
  ) {
    const rule = await this.alerts.put(actor, {
      organizationId,
      balanceBelowNano: (body.balance_below ?? []).map(parseNano),
      budgetPercent: body.budget_percent ?? [],
      emails: body.emails ?? [],
    });
    return alertRuleView(rule);
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'The alerts of an organization' })
  @Answers(AlertsResource)
  async get(@Param('organization', new PublicIdPipe('organization')) organizationId: string) {
    return alertRuleView(await this.alerts.get(organizationId));
  }
}
