import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/app-config.js';
import { SealedBox } from '../../platform/crypto/sealed-box.js';
import type { PaymentAction } from './payment-gateway.js';

/** Keeps what a payer needs to authenticate; whoever has it can pay with the payer's card, so it is sealed at rest. */
@Injectable()
export class ActionBox {
  private readonly box: SealedBox;

  constructor(config: AppConfig) {
    this.box = new SealedBox(config.credentialKey, 'payment-action');
  }

  seal(attemptId: string, action: PaymentAction): Buffer {
    return this.box.seal(JSON.stringify(action), `payment_attempt:${attemptId}`);
  }

  /** Throws SealBrokenError when it was not sealed for this attempt. */
  open(attemptId: string, sealed: Buffer): PaymentAction {
    return JSON.parse(this.box.open(sealed, `payment_attempt:${attemptId}`)) as PaymentAction;
  }
}
