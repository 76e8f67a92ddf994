import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { buildTicket } from '../../test/support/builders/ticket.builder.js';
import type { CallOutcome } from '../metering/call-meter.js';
import { Exchange, type ExchangeCall } from './exchange.js';

/** An exchange whose answer is complete at once. */
class PlainExchange extends Exchange {
  served = false;
  openReader = (): never => {
    throw new Error('no leg is opened here');
  };
  protected breakOff = (): void => undefined;
  protected write = (): void => undefined;
  protected close = (): void => undefined;
  override start(): void {
    this.complete(() => {
      this.served = true;
    });
  }
}

/** An exchange whose caller does not read. */
class UnreadExchange extends PlainExchange {
  override start(): void {
    this.cut();
  }
}

describe('an answer that cannot be recorded', () => {
  it('is not served, and its caller does not wait for ever', async () => {
    const call = {
      ticket: buildTicket(),
      response: new ServerResponse(new IncomingMessage(new Socket())),
      settle: () => {
        throw new Error('ENOSPC: no space left on device');
      },
      totalTimeoutMs: 60_000,
    };
    const exchange = new PlainExchange(call as unknown as ExchangeCall);
    exchange.start();
    await expect(exchange.done).rejects.toMatchObject({ kind: 'unavailable' });
    expect(exchange.served).toBe(false);
  });
});

describe('a caller whose connection is busy with another answer', () => {
  it('is gone as soon as it is cut, though its response says nothing of it', async () => {
    const outcomes: CallOutcome[] = [];
    const call = {
      ticket: buildTicket(),
      response: new ServerResponse(new IncomingMessage(new Socket())),
      plan: {},
      settle: (outcome: CallOutcome) => outcomes.push(outcome),
      totalTimeoutMs: 60_000,
    };
    const exchange = new UnreadExchange(call as unknown as ExchangeCall);
    exchange.start();
    await exchange.done;
    expect(outcomes).toMatchObject([{ status: 'aborted' }]);
  });
});
