import { Controller, HttpCode, Post, Req, UseFilters } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { StripeClient } from '../../accounts/payment-methods/stripe.client.js';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { PublicAccess } from '../../platform/http/access.decorator.js';
import { AnswersWith } from '../../platform/http/answers.decorator.js';
import { flag } from '../../platform/http/openapi-schema.js';
import { ProblemFilter } from '../../platform/http/problem.filter.js';
import { readBody, startReadingBody } from '../../platform/http/request-body.js';
import { WebhookInbox } from './webhook-inbox.service.js';

const MAX_BYTES = 1_048_576;

/** Where Stripe reports. Only what Stripe signed is kept; the signature is over the raw bytes. */
@ApiTags('Webhooks')
@Controller('webhooks/stripe')
@UseFilters(ProblemFilter)
export class WebhookController {
  constructor(
    private readonly stripe: StripeClient,
    private readonly inbox: WebhookInbox,
  ) {}

  @Post()
  @HttpCode(200)
  @PublicAccess()
  @ApiOperation({
    summary: 'Take an event of Stripe; for Stripe alone to call',
    description:
      'What it did not sign, or not lately, and what is of the other mode (live or test) is refused.',
  })
  @ApiHeader({ name: 'Stripe-Signature', required: true, description: "Stripe's signature of the body." })
  @ApiBody({ schema: { type: 'object', description: "An event, as Stripe's API describes it." } })
  @AnswersWith({ received: { ...flag, enum: [true] } })
  async receive(@Req() request: Request): Promise<{ received: true }> {
    if (!this.stripe.sdk) throw new FaregateError('not_found', 'Stripe is not configured here.');
    startReadingBody(request, MAX_BYTES);
    const body = await readBody(request);
    const event = this.verify(body, request.headers['stripe-signature']);
    await this.inbox.receive(event);
    return { received: true };
  }

  private verify(body: Buffer, signature: string | string[] | undefined) {
    if (typeof signature !== 'string') throw invalidRequest('The Stripe-Signature header is missing.');
    let event: ReturnType<StripeClient['readEvent']>;
    try {
      event = this.stripe.readEvent(body, signature);
    } catch {
      throw invalidRequest('The signature is not of Stripe, or is too old.', undefined, 'invalid_signature');
    }
    if (event.livemode !== this.stripe.isLive) {
      throw invalidRequest('The event is of the other mode: test events and live keys do not mix.');
    }
    return event;
  }
}
