import { Body, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { invalidRequest } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import { Actor, AdminAccess, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import {
  Answers,
  AnswersAccepted,
  AnswersCreated,
  AnswersList,
} from '../../platform/http/answers.decorator.js';
import { ListQuery, NoFields } from '../../platform/http/list.dto.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { text, word } from '../../platform/http/openapi-schema.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { deliveryView, endpointView } from './notification.js';
import {
  CreateWebhookEndpointDto,
  RotateSecretDto,
  UpdateWebhookEndpointDto,
  WebhookDeliveryResource,
  WebhookEndpointResource,
} from './notifications.dto.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { WebhookEndpoints, type EndpointWithSecret } from './webhook-endpoints.service.js';
import { WebhookSender } from './webhook-sender.client.js';

const DAY_SECONDS = 86_400;
const Organization = () => Param('organization', new PublicIdPipe('organization'));
const Endpoint = () => Param('endpoint', new PublicIdPipe('webhookEndpoint'));

@AdminController('organizations/:organization/webhook-endpoints', 'Webhooks')
export class WebhookEndpointsController {
  constructor(
    private readonly endpoints: WebhookEndpoints,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly sender: WebhookSender,
  ) {}

  @Post()
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Add an endpoint; its secret is in this answer alone' })
  @AnswersCreated(WebhookEndpointResource)
  async create(
    @Actor() actor: AdminActor,
    @Organization() organizationId: string,
    @Body() body: CreateWebhookEndpointDto,
  ) {
    this.checkUrl(body.url);
    const { url, description = '', events = ['*'] } = body;
    return withSecret(await this.endpoints.create(actor, organizationId, { url, description, events }));
  }

  @Get()
  @AdminAccess('owner', 'admin', 'finance', 'support', 'auditor')
  @ApiOperation({ summary: 'List endpoints, newest first' })
  @AnswersList(WebhookEndpointResource)
  async list(@Organization() organizationId: string) {
    const rows = await this.endpoints.list(organizationId);
    return { object: 'list', data: rows.map(endpointView), has_more: false, next_cursor: null };
  }

  @Get(':endpoint')
  @AdminAccess('owner', 'admin', 'finance', 'support', 'auditor')
  @ApiOperation({ summary: 'Get an endpoint' })
  @Answers(WebhookEndpointResource)
  async get(@Organization() organizationId: string, @Endpoint() id: string) {
    return endpointView(await this.endpoints.get(organizationId, id));
  }

  @Patch(':endpoint')
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Change or disable an endpoint' })
  @Answers(WebhookEndpointResource)
  async update(
    @Actor() actor: AdminActor,
    @Organization() organizationId: string,
    @Endpoint() id: string,
    @Body() body: UpdateWebhookEndpointDto,
  ) {
    if (body.url !== undefined) this.checkUrl(body.url);
    return endpointView(await this.endpoints.update(actor, organizationId, id, body));
  }

  @Post(':endpoint/rotate')
  @HttpCode(200)
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Make a new secret; messages carry both signatures for a while' })
  @Answers(WebhookEndpointResource)
  async rotate(
    @Actor() actor: AdminActor,
    @Organization() organizationId: string,
    @Endpoint() id: string,
    @Body() body: RotateSecretDto,
  ) {
    return withSecret(
      await this.endpoints.rotate(actor, organizationId, id, body.overlap_seconds ?? DAY_SECONDS),
    );
  }

  @Post(':endpoint/test')
  @HttpCode(202)
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Send a test event' })
  @AnswersAccepted({ object: word('webhook_test'), webhook_endpoint: text })
  async test(
    @Actor() actor: AdminActor,
    @Organization() organizationId: string,
    @Endpoint() id: string,
    @Body() _body: NoFields,
  ) {
    await this.endpoints.test(actor, organizationId, id);
    return { object: 'webhook_test' as const, webhook_endpoint: publicId('webhookEndpoint', id) };
  }

  @Get(':endpoint/deliveries')
  @AdminAccess('owner', 'admin', 'finance', 'support', 'auditor')
  @ApiOperation({ summary: 'What was sent to an endpoint, newest first' })
  @AnswersList(WebhookDeliveryResource)
  async listDeliveries(
    @Organization() organizationId: string,
    @Endpoint() id: string,
    @Query() query: ListQuery,
  ) {
    await this.endpoints.get(organizationId, id);
    const rows = await this.deliveries.list(id, query.limit + 1, readCursor(query.cursor, 'uuid'));
    return listPage({ rows, limit: query.limit, keyOf: (delivery) => delivery.id, toItem: deliveryView });
  }

  @Post(':endpoint/deliveries/:delivery/retry')
  @HttpCode(202)
  @AdminAccess('owner', 'admin')
  @ApiOperation({ summary: 'Send an event to an endpoint again' })
  @AnswersAccepted({ object: word('webhook_delivery'), id: text, status: word('pending') })
  async retry(
    @Actor() actor: AdminActor,
    @Organization() organizationId: string,
    @Endpoint() id: string,
    @Param('delivery', new PublicIdPipe('webhookDelivery')) delivery: string,
    @Body() _body: NoFields,
  ) {
    await this.endpoints.retry(actor, { organizationId, id, delivery });
    return {
      object: 'webhook_delivery' as const,
      id: publicId('webhookDelivery', delivery),
      status: 'pending',
    };
  }

  private checkUrl(url: string): void {
    const fault = this.sender.judge(url);
    if (fault !== null) throw invalidRequest(`url ${fault}`, 'url');
  }
}

const withSecret = ({ endpoint, secret }: EndpointWithSecret) => ({ ...endpointView(endpoint), secret });
