import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Pool, type Dispatcher } from 'undici';
import type { CatalogProvider } from '../catalog/model.js';
import { AppConfig } from '../platform/config/app-config.js';
import { SealedBox } from '../platform/crypto/sealed-box.js';
import type { Protocol } from '../protocols/protocol.js';
import { getAdapter } from './registry.js';
import { publicLookup } from './public-lookup.client.js';
import { isPrivateAddress } from './upstream-address.js';

/** One request to an upstream, ready to be written. */
export interface UpstreamRequest {
  provider: CatalogProvider;
  protocol: Protocol;
  /** Headers of the caller that the protocol lets through. */
  headers: Record<string, string>;
  body: string;
}

/** Keep-alive shorter than any vendor's own, so that a connection is not reused while they close it. */
const KEEP_ALIVE_MS = 30_000;

interface Line {
  pool: Pool;
  /** Path before the protocol's own, without trailing slash. */
  basePath: string;
  headers: Record<string, string>;
  provider: CatalogProvider;
}

/** The only outbound HTTP to models. Headers are built from zero; every wait has a deadline. */
@Injectable()
export class UpstreamClient implements OnApplicationShutdown {
  /** One pool a provider row: connections never mix credentials. Replaced when the row changes. */
  private readonly lines = new Map<string, Line>();
  private readonly vault: SealedBox;

  constructor(private readonly config: AppConfig) {
    this.vault = new SealedBox(config.credentialKey, 'provider-credential');
  }

  /** Sends the request; `handler` sees the answer. Throws when the provider's settings forbid the call. */
  send(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    const line = this.lineOf(request.provider, request.protocol);
    line.pool.dispatch(
      {
        method: 'POST',
        path: `${line.basePath}${request.protocol.upstreamPath}`,
        headers: { ...line.headers, ...request.headers },
        body: request.body,
        headersTimeout: this.config.upstreamFirstByteTimeoutMs,
        bodyTimeout: this.config.upstreamIdleTimeoutMs,
      },
      handler,
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.lines.values()].map(({ pool }) => pool.destroy()));
  }

  private lineOf(provider: CatalogProvider, protocol: Protocol): Line {
    const known = this.lines.get(provider.id);
    if (known?.provider === provider) return known;
    const line = this.openLine(provider, protocol, known);
    this.lines.set(provider.id, line);
    return line;
  }

  /** Reuses the pool of an older snapshot's row when nothing about the connection changed. */
  private openLine(provider: CatalogProvider, protocol: Protocol, known: Line | undefined): Line {
    const url = new URL(provider.baseUrl);
    const isSame =
      known !== undefined &&
      known.provider.baseUrl === provider.baseUrl &&
      known.provider.allowPrivateNetwork === provider.allowPrivateNetwork &&
      sameBytes(known.provider.credentialCiphertext, provider.credentialCiphertext);
    if (known && !isSame) void known.pool.close().catch(() => undefined);
    return {
      pool: known && isSame ? known.pool : this.openPool(url, provider),
      basePath: url.pathname.replace(/\/$/, ''),
      headers: this.headersOf(provider, protocol),
      provider,
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

  private headersOf(provider: CatalogProvider, protocol: Protocol): Record<string, string> {
    const sealed = provider.credentialCiphertext;
    const credential = sealed === undefined ? undefined : this.vault.open(sealed, `provider:${provider.id}`);
    return {
      'content-type': 'application/json',
      accept: '*/*',
      'user-agent': 'faregate',
      ...protocol.fixedHeaders,
      ...provider.headers,
      ...(credential === undefined ? {} : getAdapter(provider.adapter).authorize(credential)),
    };
  }
}

const sameBytes = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.equals(b));
