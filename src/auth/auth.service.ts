import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hashSecret, isWellFormedSecret } from '../accounts/keys/key-material.js';
import { monotonicMs, nowMs } from '../core/clock.js';
import { FaregateError, unavailable } from '../core/errors.js';
import { AppConfig } from '../platform/config/app-config.js';
import { Batcher } from '../platform/database/batcher.js';
import type { AdminActor } from '../platform/http/access.decorator.js';
import { clientAddress, type AddressedRequest } from '../platform/http/client-address.js';
import { invalidKey } from './credential.js';
import { PrincipalRepository } from './principal.repository.js';
import type { Principal } from './principal.js';
import { UnknownSecrets } from './unknown-secrets.js';

/** A cached answer is used this long; then it is asked for again while calls still use it. */
const FRESH_MS = 1_000;
/** After this an answer is not used at all, so a revoked key is dead everywhere within two seconds. */
const USABLE_MS = 1_800;
/** Keys remembered at most. */
const MAX_CACHED = 50_000;

interface CachedPrincipal {
  principal: Principal | null;
  readAt: number;
  refreshing: boolean;
}

/**
 * Secret → principal. The cache only saves queries: every charged call has its key checked again by the statement
 * that holds the money.
 */
@Injectable()
export class AuthService {
  private readonly cache = new Map<string, CachedPrincipal>();
  private readonly unknown = new UnknownSecrets();
  private readonly lookups: Batcher<Buffer, Principal | null>;

  constructor(
    private readonly repository: PrincipalRepository,
    private readonly config: AppConfig,
  ) {
    this.lookups = new Batcher((hashes) => this.repository.findMany(hashes), {
      maxBatch: 256,
      maxInFlight: 1,
    });
  }

  /**
   * Throws 401 for a secret that is malformed, unknown, revoked or expired, 429 when the address tries too many that nobody
   * has; 503 when nobody can say.
   */
  async authenticate(secret: string, from?: AddressedRequest): Promise<Principal> {
    const principal = await this.find(secret, from);
    if (principal === null || (principal.expiresAtMs !== undefined && principal.expiresAtMs <= nowMs())) {
      throw invalidKey('Invalid API key');
    }
    return principal;
  }

  /** Throws 401 unless the secret is a usable admin key, 429 as for customers' keys. */
  async authenticateAdmin(secret: string, from?: AddressedRequest): Promise<AdminActor> {
    if (!isWellFormedSecret(secret, 'fg_admin')) throw invalidKey('Invalid admin key');
    const actor = await this.ask(() => this.repository.findAdmin(hashSecret(secret, this.config.keyPepper)));
    if (actor === null) {
      this.countUnknown(from);
      throw invalidKey('Invalid admin key');
    }
    return actor;
  }

  private find(secret: string, from?: AddressedRequest): Promise<Principal | null> | Principal | null {
    // Quick and one-way; the slower keyed hash that the database knows is made only when it is asked.
    const cacheKey = hash('sha256', secret, 'base64');
    const cached = this.cache.get(cacheKey);
    const ageMs = cached === undefined ? Infinity : monotonicMs() - cached.readAt;
    if (cached === undefined || ageMs > USABLE_MS) return this.read(secret, cacheKey, from);
    if (ageMs > FRESH_MS && !cached.refreshing) {
      cached.refreshing = true;
      this.read(secret, cacheKey).catch(() => (cached.refreshing = false));
    }
    return cached.principal;
  }

  private async read(secret: string, cacheKey: string, from?: AddressedRequest): Promise<Principal | null> {
    if (!isWellFormedSecret(secret, 'fg_live')) return null;
    const askedAt = monotonicMs();
    const principal = await this.ask(() => this.lookups.add(hashSecret(secret, this.config.keyPepper)));
    // One secret that many calls carry, such as one just revoked, is no guessing.
    if (principal === null && this.cache.get(cacheKey)?.principal !== null) this.countUnknown(from);
    this.cache.delete(cacheKey);
    const oldest = this.cache.size >= MAX_CACHED ? this.cache.keys().next().value : undefined;
    if (oldest !== undefined) this.cache.delete(oldest);
    this.cache.set(cacheKey, { principal, readAt: askedAt, refreshing: false });
    return principal;
  }

  /** Throws 429 when this address tries too many secrets that nobody has. Nobody tries where the cache reads again by itself. */
  private countUnknown(from: AddressedRequest | undefined): void {
    if (from === undefined) return;
    const address = clientAddress(from, this.config.trustedProxies);
    const waitSeconds = this.unknown.count(address, monotonicMs());
    if (waitSeconds === 0) return;
    throw new FaregateError('rate_limit', 'Too many unknown keys from this address', {
      code: 'too_many_unknown_keys',
      retryAfterSeconds: waitSeconds,
    });
  }

  /** A database that cannot answer is our fault, never the caller's. */
  private async ask<Result>(query: () => Promise<Result>): Promise<Result> {
    try {
      return await query();
    } catch (error) {
      throw unavailable('Keys cannot be checked at the moment', error);
    }
  }
}
