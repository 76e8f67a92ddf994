import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { Exchange, type ExchangeCall } from './exchange.js';

/** An exchange whose every good answer is complete at once. */
class PlainExchange extends Exchange {
  served = false;
  protected isExpected = (): boolean => true;
  protected take = (): void => undefined;
  protected breakOff = (): void => undefined;
  protected finish(): void {
    this.complete(() => {
      this.served = true;
    });
  }
}

describe('an answer that cannot be recorded', () => {
  it('is not served, and its caller does not wait for ever', async () => {
    const call = {
      response: new ServerResponse(new IncomingMessage(new Socket())),
      meter: {},
      settle: () => {
        throw new Error('ENOSPC: no space left on device');
      },
      totalTimeoutMs: 60_000,
    };
    const exchange = new PlainExchange(call as unknown as ExchangeCall);
    const controller = {} as Dispatcher.DispatchController;
    exchange.onResponseStart(controller, 200, {});
    exchange.onResponseEnd();
    await expect(exchange.done).rejects.toMatchObject({ kind: 'unavailable' });
    expect(exchange.served).toBe(false);
  });
});
