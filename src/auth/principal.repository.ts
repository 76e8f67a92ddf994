import { Injectable } from '@nestjs/common';
import type { JsonObject } from '../core/json.js';
import { ADMIN_ROLES, type AdminActor, type AdminRole } from '../platform/http/access.decorator.js';
import { Database } from '../platform/database/database.service.js';
import { isRateLimited, readRateLimits, type RateLimitSettings } from '../core/rate-limits.js';
import type { CompatibilityProfile } from '../core/compatibility.js';
import type { Principal, PrincipalLimits } from './principal.js';

interface KeyRow {
  hash: Buffer;
  id: string;
  name: string;
  organization_id: string;
  project_id: string;
  wallet_id: string;
  currency: string;
  compatibility: CompatibilityProfile;
  organization_status: string;
  allowed_models: string[];
  allowed_ips: string[];
  scopes: string[];
  rate_limits: RateLimitSettings;
  project_limits: RateLimitSettings;
  organization_limits: RateLimitSettings;
  routing_defaults: JsonObject[];
  group_id: string | null;
  expires_at: Date | null;
}

const FIND_KEYS = `
  SELECT s.hash, k.id, k.name, k.organization_id, k.project_id, k.wallet_id, w.currency, o.compatibility,
         o.status AS organization_status, k.allowed_models, k.allowed_ips, k.scopes, k.rate_limits, p.rate_limits AS project_limits, o.rate_limits AS organization_limits,
         array[o.routing_defaults, p.routing_defaults, k.routing_defaults] AS routing_defaults, k.group_id,
         least(k.expires_at, s.expires_at) AS expires_at
  FROM api_key_secret s
  JOIN api_key k ON k.id = s.api_key_id
  JOIN project p ON p.id = k.project_id
  JOIN organization o ON o.id = k.organization_id
  JOIN wallet w ON w.id = k.wallet_id
  WHERE s.hash = ANY ($1) AND k.status = 'active' AND p.status = 'active'
    AND coalesce(s.expires_at > billing_now(), true) AND coalesce(k.expires_at > billing_now(), true)`;

const FIND_ADMIN = `
  SELECT id, role, name FROM admin_key
  WHERE hash = $1 AND status = 'active' AND coalesce(expires_at > billing_now(), true)`;

/** Finds who holds a secret, by its hash. */
@Injectable()
export class PrincipalRepository {
  constructor(private readonly database: Database) {}

  /** The principals of many hashes in one round trip; null where no usable key has that hash. */
  async findMany(hashes: Buffer[]): Promise<(Principal | null)[]> {
    const rows = await this.database.money<KeyRow>({ name: 'find-keys', text: FIND_KEYS }, [hashes]);
    const byHash = new Map(rows.map((row) => [row.hash.toString('base64'), toPrincipal(row)]));
    return hashes.map((hash) => byHash.get(hash.toString('base64')) ?? null);
  }

  async findAdmin(hash: Buffer): Promise<AdminActor | null> {
    const [row] = await this.database.query<{ id: string; role: string; name: string }>(FIND_ADMIN, [hash]);
    if (!row || !(ADMIN_ROLES as readonly string[]).includes(row.role)) return null;
    return { keyId: row.id, role: row.role as AdminRole, name: row.name };
  }
}

/** The lowest of these wins; one that limits nothing is none. */
function limitsOf(row: KeyRow): PrincipalLimits[] {
  const all = [
    { scope: 'key' as const, id: row.id, limits: readRateLimits(row.rate_limits) },
    { scope: 'project' as const, id: row.project_id, limits: readRateLimits(row.project_limits) },
    {
      scope: 'organization' as const,
      id: row.organization_id,
      limits: readRateLimits(row.organization_limits),
    },
  ];
  return all.filter(({ limits }) => isRateLimited(limits));
}

function toPrincipal(row: KeyRow): Principal {
  return {
    keyId: row.id,
    keyName: row.name,
    organizationId: row.organization_id,
    projectId: row.project_id,
    walletId: row.wallet_id,
    currency: row.currency,
    profile: row.compatibility,
    isSuspended: row.organization_status !== 'active',
    allowedModels: row.allowed_models,
    allowedIps: row.allowed_ips,
    scopes: row.scopes,
    limits: limitsOf(row),
    routingDefaults: row.routing_defaults.filter((fields) => Object.keys(fields).length > 0),
    groupId: row.group_id ?? undefined,
    expiresAtMs: row.expires_at?.getTime(),
  };
}
