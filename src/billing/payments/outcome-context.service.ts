import { Injectable } from '@nestjs/common';
import { ActionBox } from './action-box.service.js';
import { DisputeBooks } from './dispute-books.service.js';
import { PaymentPurposes } from './payment-purposes.service.js';

/** What an outcome means, and what a payer needs to go on. */
@Injectable()
export class OutcomeContext {
  constructor(
    readonly purposes: PaymentPurposes,
    readonly actions: ActionBox,
    readonly disputes: DisputeBooks,
  ) {}
}
