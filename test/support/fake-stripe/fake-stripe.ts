import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseForm } from './form.js';
import { StripeRefusal } from './objects.js';
import { ROUTES } from './routes.js';
import { StripeState } from './state.js';
import { WebhookScheduler } from './webhooks.js';

/** What goes wrong with a call: before Stripe did anything, after it did, or instead of it. A hanging one is never answered. */
export type Fault =
  'drop-before' | 'drop-after' | 'hang-before' | 'hang-after' | '500-after' | '429' | '500-before';

export interface FakeStripe {
  url: string;
  secretKey: string;
  webhookSecret: string;
  state: StripeState;
  webhooks: WebhookScheduler;
  /** "POST /v1/payment_intents" of every call that was heard, in order. */
  calls: string[];
  /** Calls no route is there for, and calls without a key; a test that leaves any has found a fault. */
  faults: string[];
  /**
   * The next call whose "METHOD path" matches goes wrong in this way. A dropped one is dropped twice, because the
   * client repeats a call whose connection broke once, under the same key.
   */
  failNext(call: RegExp, fault: Fault): void;
  /** Nothing goes wrong any more. */
  clearFaults(): void;
  /** Moves the clock on: objects made from now on are that much younger, and keys are forgotten after 24 hours. */
  travel(ms: number): void;
  close(): Promise<void>;
}

const KEY_TTL_MS = 24 * 3_600_000;

interface Stored {
  at: number;
  body: string;
  reply: { status: number; body: string } | null;
}

/** A Stripe for tests, on a port of its own; the real client talks to it. */
export async function startFakeStripe(): Promise<FakeStripe> {
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  const webhookSecret = 'whsec_0123456789abcdefghijABCDEFGHIJ';
  const secretKey = 'sk_test_0123456789abcdefghijABCDEFGHIJ';
  const webhooks = new WebhookScheduler(webhookSecret);
  const state = new StripeState((type, object) => webhooks.add(type, object, now()), now);
  const [calls, faults]: [string[], string[]] = [[], []];
  const plan: { call: RegExp; fault: Fault }[] = [];
  const replies = new Map<string, Stored>();

  const answer = (method: string, url: URL, body: string): { status: number; body: string } => {
    const reply = (status: number, value: object) => ({ status, body: JSON.stringify(value) });
    if (method === 'GET' && url.pathname === '/v1/events') {
      const since = Number(url.searchParams.get('created[gte]') ?? 0);
      const data = webhooks.events.filter((event) => event.created >= since).reverse();
      return reply(200, { object: 'list', url: url.pathname, has_more: false, data });
    }
    for (const [verb, path, run] of ROUTES) {
      const match = verb === method ? path.exec(url.pathname) : null;
      if (!match) continue;
      try {
        return reply(200, run(state, match[1] ?? '', parseForm(body), url.searchParams));
      } catch (error) {
        if (error instanceof StripeRefusal) return reply(error.status, { error: error.error });
        throw error;
      }
    }
    faults.push(`no route: ${method} ${url.pathname}`);
    return reply(404, {
      error: { type: 'invalid_request_error', message: `Unrecognized request URL (${method})` },
    });
  };

  /** The same key and parameters get the stored reply, other parameters a 400, for 24 hours. */
  const once = (key: string | undefined, method: string, url: URL, body: string) => {
    if (method !== 'POST' || key === undefined) return answer(method, url, body);
    const known = replies.get(key);
    const asked = `${url.pathname}?${body}`;
    if (known && now() - known.at < KEY_TTL_MS) {
      if (known.body === asked && known.reply) return known.reply;
      const error = {
        type: 'idempotency_error',
        message:
          'Keys for idempotent requests can only be used with the same parameters they were first used with.',
      };
      return { status: 400, body: JSON.stringify({ error }) };
    }
    const reply = answer(method, url, body);
    // Refused parameters are not kept; everything that was begun is, failures too.
    if (reply.status !== 404 && !(reply.status === 400)) replies.set(key, { at: now(), body: asked, reply });
    return reply;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const url = new URL(request.url ?? '/', 'http://fake');
    const call = `${request.method} ${url.pathname}`;
    calls.push(call);
    if (request.headers.authorization !== `Bearer ${secretKey}`) faults.push(`no key: ${call}`);
    const at = plan.findIndex((planned) => planned.call.test(call));
    const fault = at < 0 ? undefined : plan.splice(at, 1)[0]?.fault;
    const send = (status: number, text: string) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'request-id': `req_${calls.length}` })
        .end(text);
    const error = (type: string, code: string) =>
      JSON.stringify({ error: { type, code, message: 'Try again.' } });
    if (fault === 'drop-before') return void request.socket.destroy();
    if (fault === 'hang-before') return;
    if (fault === '429') return void send(429, error('invalid_request_error', 'rate_limit'));
    if (fault === '500-before') return void send(500, error('api_error', 'internal'));
    const key = request.headers['idempotency-key'];
    const reply = once(typeof key === 'string' ? key : undefined, request.method ?? 'GET', url, body);
    if (fault === 'drop-after') return void request.socket.destroy();
    if (fault === 'hang-after') return;
    if (fault === '500-after') return void send(500, error('api_error', 'internal'));
    send(reply.status, reply.body);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      faults.push(String(error));
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secretKey,
    webhookSecret,
    state,
    webhooks,
    calls,
    faults,
    failNext: (call, fault) => {
      plan.push({ call, fault });
      if (fault.startsWith('drop')) plan.push({ call, fault });
    },
    clearFaults: () => void (plan.length = 0),
    travel: (ms) => (offsetMs += ms),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
