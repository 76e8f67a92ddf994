import { isIP } from 'node:net';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, request } from 'undici';
import { AppConfig } from '../../platform/config/app-config.js';
import { isPrivateAddress } from '../../platform/network/private-address.js';
import { publicLookup } from '../../platform/network/public-lookup.client.js';
import type { DeliveryResult } from './webhook-deliveries.repository.js';

const CONNECT_TIMEOUT_MS = 3_000;
const ANSWER_TIMEOUT_MS = 10_000;

/** Why a URL may not be called; null when it may. What its name leads to is checked again with every connection. */
export function urlFault(text: string, allowPrivate: boolean): string | null {
  if (!URL.canParse(text)) return 'must be a URL';
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return 'must not hold a user or password';
  if (allowPrivate && protocol === 'http:') return null;
  if (protocol !== 'https:') return 'must be https';
  const address = hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isIP(address) !== 0 && isPrivateAddress(address))
    return 'must not be a private address';
  return null;
}

/** Sends messages to endpoints that customers chose: public addresses only, no redirects, every wait with an end. */
@Injectable()
export class WebhookSender implements OnApplicationShutdown {
  private readonly agent: Agent;

  constructor(private readonly config: AppConfig) {
    const lookup = config.webhooksAllowPrivate ? {} : { lookup: publicLookup };
    this.agent = new Agent({
      connect: { timeout: CONNECT_TIMEOUT_MS, ...lookup },
      headersTimeout: ANSWER_TIMEOUT_MS,
      bodyTimeout: ANSWER_TIMEOUT_MS,
      pipelining: 0,
    });
  }

  onApplicationShutdown(): Promise<void> {
    return this.agent.destroy();
  }

  /** Whether an endpoint may have this URL; null when it may. */
  judge(url: string): string | null {
    return urlFault(url, this.config.webhooksAllowPrivate);
  }

  /** One try. Never throws: what went wrong is in the result. */
  async send(url: string, headers: Record<string, string>, body: string): Promise<DeliveryResult> {
    const fault = this.judge(url);
    if (fault !== null) return { status: null, error: `the URL ${fault}` };
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'Faregate-Webhooks/1', ...headers },
        body,
        dispatcher: this.agent,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      // What a receiver says is not kept: only that it said it.
      await answer.body
        .dump({ limit: 16_384, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
        .catch(() => undefined);
      const isTaken = answer.statusCode >= 200 && answer.statusCode < 300;
      return { status: answer.statusCode, error: isTaken ? null : `answered ${answer.statusCode}` };
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string };
      return {
        status: null,
        error: code === 'EPRIVATE' ? 'the URL leads to a private address' : (code ?? message ?? 'failed'),
      };
    }
  }
}
