import {
  ChargeRefusedError,
  type Charge,
  type ChargeState,
  type DisputeFacts,
  type PaymentGateway,
  type RefundFacts,
  type RefundOrder,
} from './payment-gateway.js';

/** Bank transfers: nobody can be asked for the money, so a charge waits until finance sees it on the account. */
export class InvoiceChargesGateway implements PaymentGateway {
  readonly name = 'invoice';

  async open(charge: Charge): Promise<string> {
    return `transfer_${charge.attemptId}`;
  }

  async confirm(): Promise<ChargeState> {
    return { status: 'processing' };
  }

  async retrieve(): Promise<ChargeState> {
    return { status: 'processing' };
  }

  async find(charge: Charge): Promise<string | null> {
    return this.open(charge);
  }

  async cancel(): Promise<ChargeState> {
    return { status: 'canceled' };
  }

  /** The transfer back is made by finance; here it is booked. */
  async refund({ refundId, chargeRef, amountMinor, currency }: RefundOrder): Promise<RefundFacts> {
    const ref = `transfer_back_${refundId}`;
    return { ref, chargeRef, refundId, amountMinor, currency, status: 'succeeded', message: null };
  }

  findRefund(order: RefundOrder): Promise<RefundFacts | null> {
    return this.refund(order);
  }

  retrieveRefund(ref: string): Promise<RefundFacts> {
    return Promise.reject(new ChargeRefusedError('resource_missing', `transfer ${ref} has ended at once`));
  }

  retrieveDispute(ref: string): Promise<DisputeFacts> {
    return Promise.reject(
      new ChargeRefusedError('resource_missing', `a bank transfer has no dispute ${ref}`),
    );
  }
}
