import { Body, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { Answers } from '../../platform/http/answers.decorator.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { AutoDisableResource, PutAutoDisable } from './auto-disable.dto.js';
import { AutoDisableService } from './auto-disable.service.js';

const DEPLOYMENT = new PublicIdPipe('deployment');

/** What switches deployments off by themselves: a rule a provider, or a deployment's own in its place. */
@AdminController('', 'Catalogue')
export class AutoDisableController {
  constructor(private readonly rules: AutoDisableService) {}

  @Get('providers/:provider/auto-disable')
  @AdminRead()
  @ApiOperation({ summary: 'What switches the deployments of a provider off' })
  @Answers(AutoDisableResource)
  ofProvider(@Param('provider') provider: string) {
    return this.rules.ofProvider(provider);
  }

  @Put('providers/:provider/auto-disable')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Set what switches the deployments of a provider off, and how they come back' })
  @Answers(AutoDisableResource)
  putOfProvider(
    @Actor() actor: AdminActor,
    @Param('provider') provider: string,
    @Body() body: PutAutoDisable,
  ) {
    return this.rules.putOfProvider(actor, provider, body);
  }

  @Delete('providers/:provider/auto-disable')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Take the rule of a provider away' })
  @Answers(AutoDisableResource)
  removeOfProvider(@Actor() actor: AdminActor, @Param('provider') provider: string) {
    return this.rules.putOfProvider(actor, provider, null);
  }

  @Get('deployments/:deployment/auto-disable')
  @AdminRead()
  @ApiOperation({ summary: 'What switches a deployment off: its own rule, else that of its provider' })
  @Answers(AutoDisableResource)
  ofDeployment(@Param('deployment', DEPLOYMENT) id: string) {
    return this.rules.ofDeployment(id);
  }

  @Put('deployments/:deployment/auto-disable')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: "Give a deployment a rule of its own, in place of its provider's" })
  @Answers(AutoDisableResource)
  putOfDeployment(
    @Actor() actor: AdminActor,
    @Param('deployment', DEPLOYMENT) id: string,
    @Body() body: PutAutoDisable,
  ) {
    return this.rules.putOfDeployment(actor, id, body);
  }

  @Delete('deployments/:deployment/auto-disable')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: "Let the rule of the deployment's provider hold again" })
  @Answers(AutoDisableResource)
  removeOfDeployment(@Actor() actor: AdminActor, @Param('deployment', DEPLOYMENT) id: string) {
    return this.rules.putOfDeployment(actor, id, null);
  }
}
