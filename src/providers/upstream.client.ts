import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Pool, type Dispatcher } from 'undici';
import { monotonicMs } from '../core/clock.js';
import { withMembers } from '../core/json.js';
import { LiveList, type Listed } from '../core/live-list.js';
import { credentialPlace, type CatalogCredential, type CatalogProvider } from '../catalog/model.js';
import { AppConfig } from '../platform/config/app-config.js';
import { SealedBox } from '../platform/crypto/sealed-box.js';
import { EndOfTurn } from '../platform/http/end-of-turn.js';
import type { Protocol, UpstreamCall } from '../protocols/protocol.js';
import { getAdapter } from './registry.js';
import { publicLookup } from '../platform/network/public-lookup.client.js';
import { isPrivateAddress } from '../platform/network/private-address.js';

/** One request to an upstream, ready to be written. */
export interface UpstreamRequest {
  provider: CatalogProvider;
  /** Which of the provider's; absent: it needs none. */
  credential: CatalogCredential | undefined;
  protocol: Protocol;
  /** The model's name at the vendor, and whether its answer is streamed: what the path may name. */
  target: UpstreamCall;
  /** Another endpoint than the protocol's own, below the base URL. */
  path?: string | undefined;
  /** Headers of the caller that the protocol lets through. */
  headers: Record<string, string>;
  body: string;
}

/** A small answer in one piece. */
export interface UpstreamReply {
  status: number;
  body: string;
}

/** Who hears of an answer; it also hears that no connection came free for its request. */
export interface UpstreamHandler extends Dispatcher.DispatchHandler, Listed {
  /** Holds the handler until its request is on its way; the handler takes itself out then. */
  waitsIn: LiveList<UpstreamHandler> | undefined;
  /** Until when it may wait there, by `monotonicMs`. */
  waitsUntil: number;
  /** The request was given up: every connection stayed busy. */
  noConnection(): void;
}

/** Connections to an upstream at work and at rest, and requests that wait for one. */
export interface UpstreamConnections {
  busy: number;
  idle: number;
  waiting: number;
}

/** What `ask` reads at most. */
const MAX_REPLY_BYTES = 1024 * 1024;

/** How often requests that wait for a connection are looked at. */
const QUEUE_LOOK_MS = 250;

/** Keep-alive shorter than any vendor's own, so that a connection is not reused while they close it. */
const KEEP_ALIVE_MS = 30_000;

interface Line {
  pool: Pool;
  /** Path before the protocol's own, without trailing slash. */
  basePath: string;
  headers: Record<string, string>;
  provider: CatalogProvider;
  credential: CatalogCredential | undefined;
}

/** The only outbound HTTP to models. Headers are built from zero; every wait has a deadline. */
@Injectable()
export class UpstreamClient implements OnApplicationShutdown {
  /** One pool a credential: connections never mix credentials. Replaced when the provider changes. */
  private readonly lines = new Map<string, Line>();
  private readonly vault: SealedBox;

  private readonly endOfTurn = new EndOfTurn();
  /** Requests that no connection has taken yet. */
  private readonly queued = new LiveList<UpstreamHandler>();
  private readonly watch = setInterval(() => this.giveUpQueued(), QUEUE_LOOK_MS).unref();

  constructor(private readonly config: AppConfig) {
    this.vault = new SealedBox(config.credentialKey, 'provider-credential');
  }

  /** Sends the request at the end of this turn; `handler` sees the answer. Throws when the provider's settings forbid the call. */
  send(request: UpstreamRequest, handler: UpstreamHandler): void {
    const line = this.lineOf(request);
    const options: Dispatcher.DispatchOptions = {
      method: 'POST',
      path: line.basePath + endpointOf(request, line.basePath),
      headers: withMembers(line.headers, request.headers),
      body: request.body,
      headersTimeout: this.config.upstreamFirstByteTimeoutMs,
      bodyTimeout: this.config.upstreamIdleTimeoutMs,
    };
    handler.waitsIn = this.queued;
    handler.waitsUntil = monotonicMs() + 2 * this.config.upstreamConnectTimeoutMs;
    this.queued.add(handler);
    this.endOfTurn.add(() => line.pool.dispatch(options, handler));
  }

  /**
   * Asks for a small answer that nobody pays for. Throws when the provider's settings forbid the call, when nothing
   * came within `deadlineMs`, and when the answer is larger than a megabyte.
   */
  async ask(request: UpstreamRequest & { deadlineMs: number }): Promise<UpstreamReply> {
    const line = this.lineOf(request);
    const { statusCode, body } = await line.pool.request({
      method: 'POST',
      path: line.basePath + endpointOf(request, line.basePath),
      headers: withMembers(line.headers, request.headers),
      body: request.body,
      signal: AbortSignal.timeout(request.deadlineMs),
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_REPLY_BYTES) throw new Error('the answer is too large');
      chunks.push(chunk);
    }
    return { status: statusCode, body: Buffer.concat(chunks).toString('utf8') };
  }

  /** Connections by slug of the provider. */
  connections(): Map<string, UpstreamConnections> {
    const sums = new Map<string, UpstreamConnections>();
    for (const { provider, pool } of this.lines.values()) {
      const { connected, free, queued } = pool.stats;
      const sum = sums.get(provider.slug) ?? { busy: 0, idle: 0, waiting: 0 };
      sum.busy += connected - free;
      sum.idle += free;
      sum.waiting += queued;
      sums.set(provider.slug, sum);
    }
    return sums;
  }

  /** Connections are made within their own deadline; what still waits after twice that waits for others' calls to end. */
  private giveUpQueued(): void {
    const now = monotonicMs();
    for (const handler of this.queued.all()) {
      if (handler.waitsUntil > now) continue;
      this.queued.delete(handler);
      handler.noConnection();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.watch);
    await Promise.all([...this.lines.values()].map(({ pool }) => pool.destroy()));
  }

  private lineOf(request: UpstreamRequest): Line {
    const { provider, credential } = request;
    const key = credential?.id ?? provider.id;
    const known = this.lines.get(key);
    if (known?.provider === provider && known.credential === credential) return known;
    const line = this.openLine(request, known);
    this.lines.set(key, line);
    // Behind the requests of this turn that it has still to take; the last of them it serves to the end.
    if (known && known.pool !== line.pool)
      this.endOfTurn.add(() => void known.pool.close().catch(() => undefined));
    return line;
  }

  /** Reuses the pool of an older snapshot's row when nothing about the connection changed. */
  private openLine({ provider, credential, protocol }: UpstreamRequest, known: Line | undefined): Line {
    const url = new URL(provider.baseUrl);
    const isSame =
      known !== undefined &&
      known.provider.baseUrl === provider.baseUrl &&
      known.provider.allowPrivateNetwork === provider.allowPrivateNetwork &&
      sameBytes(known.credential?.ciphertext, credential?.ciphertext);
    return {
      pool: isSame ? known.pool : this.openPool(url, provider),
      basePath: url.pathname.replace(/\/$/, ''),
      headers: this.headersOf(provider, credential, protocol),
      provider,
      credential,
    };
  }

  private openPool(url: URL, provider: CatalogProvider): Pool {
    const isLiteral = /^[\d.]+$|^\[/.test(url.hostname);
    if (!provider.allowPrivateNetwork && isLiteral && isPrivateAddress(url.hostname)) {
      throw new Error(`provider ${provider.slug} leads to a private address, which it is not allowed to`);
    }
    return new Pool(url.origin, {
      connections: this.config.upstreamConnections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      allowH2: false,
      connect: {
        timeout: this.config.upstreamConnectTimeoutMs,
        ...(provider.allowPrivateNetwork ? {} : { lookup: publicLookup }),
      },
    });
  }

  private headersOf(
    provider: CatalogProvider,
    credential: CatalogCredential | undefined,
    protocol: Protocol,
  ): Record<string, string> {
    const secret = credential && this.vault.open(credential.ciphertext, credentialPlace(credential.id));
    return {
      'content-type': 'application/json',
      accept: '*/*',
      // Whoever asks for nothing may be sent anything (RFC 9110 §12.5.3).
      'accept-encoding': 'identity',
      'user-agent': 'faregate',
      ...protocol.fixedHeaders,
      ...provider.headers,
      ...(secret === undefined ? {} : getAdapter(provider.adapter).authorize(secret, protocol.name)),
    };
  }
}

/** Path and query below the base URL. */
function endpointOf({ provider, protocol, target, ...given }: UpstreamRequest, basePath: string): string {
  const path = given.path ?? protocol.upstreamPath(target);
  const { headers } = provider;
  return getAdapter(provider.adapter).endpoint?.({ path, model: target.model, basePath, headers }) ?? path;
}

const sameBytes = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.equals(b));
