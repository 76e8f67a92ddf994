import { request, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { TestGateway } from './gateway.js';

/** A call whose connection the test holds in its hands. */
export interface RawCall {
  /** Status, once it came; rejects when the connection broke before. */
  status: Promise<number>;
  /** The answer's headers; rejects as `status` does. */
  headers: Promise<IncomingHttpHeaders>;
  /** What has been received of the body. */
  text(): string;
  /** Resolves when the body received so far matches. Rejects when the connection ends first. */
  received(pattern: RegExp): Promise<void>;
  /** Resolves when the connection is over, one way or the other; true when the answer was complete. */
  over: Promise<boolean>;
  /** Breaks the connection. */
  hangUp(): void;
}

/** Sends a call on a connection of its own. */
export function openCall(
  { url, secret }: Pick<TestGateway, 'url' | 'secret'>,
  path: string,
  body: unknown,
): RawCall {
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    authorization: `Bearer ${secret}`,
  };
  const sent = request(`${url}${path}`, { method: 'POST', headers, agent: false });
  const call = new Receiver(sent);
  sent.end(text);
  return call;
}

/** The bytes of a Chat call, for a socket that the test reads and writes itself. */
export function rawCall(secret: string, body: object, headers: Record<string, string> = {}): string {
  const text = JSON.stringify(body);
  const lines = Object.entries({
    host: 'x',
    authorization: `Bearer ${secret}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /v1/chat/completions HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
}

class Receiver implements RawCall {
  readonly status: Promise<number>;
  readonly headers: Promise<IncomingHttpHeaders>;
  readonly over: Promise<boolean>;
  private body = '';
  private isOver = false;
  private readonly watchers = new Set<() => void>();

  constructor(private readonly sent: ClientRequest) {
    sent.on('error', () => undefined);
    const head = new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve);
      sent.once('close', () => reject(new Error('the connection broke before an answer')));
    });
    this.status = head.then(({ statusCode = 0 }) => statusCode);
    this.headers = head.then((response) => response.headers);
    for (const promise of [this.status, this.headers]) promise.catch(() => undefined);
    this.over = head.then(
      (response) => this.readBody(response),
      () => this.end(false),
    );
  }

  text(): string {
    return this.body;
  }

  received(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const isThere = pattern.test(this.body);
        if (!isThere && !this.isOver) return;
        this.watchers.delete(look);
        if (isThere) resolve();
        else reject(new Error(`the answer ended without ${pattern}: ${this.body.slice(-2_000)}`));
      };
      this.watchers.add(look);
      look();
    });
  }

  hangUp(): void {
    this.sent.destroy();
  }

  private readBody(response: IncomingMessage): Promise<boolean> {
    response.setEncoding('utf8');
    response.on('error', () => undefined);
    response.on('data', (chunk: string) => {
      this.body += chunk;
      this.changed();
    });
    return new Promise((resolve) => response.once('close', () => resolve(this.end(response.complete))));
  }

  private end(complete: boolean): boolean {
    this.isOver = true;
    this.changed();
    return complete;
  }

  private changed(): void {
    for (const look of this.watchers) look();
  }
}
