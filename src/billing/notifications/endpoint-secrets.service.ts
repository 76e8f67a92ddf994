import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/app-config.js';
import { SealedBox } from '../../platform/crypto/sealed-box.js';
import { newEndpointSecret } from './standard-webhook.js';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.js';

/** Secrets of endpoints: shown once, sealed at rest. */
@Injectable()
export class EndpointSecrets {
  private readonly box: SealedBox;

  constructor(
    config: AppConfig,
    private readonly endpoints: WebhookEndpointsRepository,
  ) {
    this.box = new SealedBox(config.credentialKey, 'webhook-endpoint');
  }

  /** A new secret in clear, and as it is stored. */
  make(endpointId: string): { secret: string; sealed: Buffer } {
    const secret = newEndpointSecret();
    return { secret, sealed: this.box.seal(secret, placeOf(endpointId)) };
  }

  /** What signs for the endpoint now, the newest first; empty when it is gone. */
  async list(endpointId: string): Promise<string[]> {
    const sealed = await this.endpoints.findSecrets(endpointId);
    if (!sealed) return [];
    return [sealed.current, sealed.previous].flatMap((one) =>
      one === null ? [] : [this.box.open(one, placeOf(endpointId))],
    );
  }
}

const placeOf = (endpointId: string): string => `webhook_endpoint:${endpointId}`;
