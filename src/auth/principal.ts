import type { JsonObject } from '../core/json.js';
import type { RateLimits } from '../core/rate-limits.js';
import type { CompatibilityProfile } from '../core/compatibility.js';

/** Limits of the key itself or of what it belongs to. */
export interface PrincipalLimits {
  scope: 'key' | 'project' | 'organization';
  /** UUID of whose they are. */
  id: string;
  limits: RateLimits;
}

/** Who is calling: a customer key and what belongs to it. */
export interface Principal {
  keyId: string;
  keyName: string;
  organizationId: string;
  projectId: string;
  walletId: string;
  currency: string;
  profile: CompatibilityProfile;
  /** Whether its organization is suspended or closed; absent: no. */
  isSuspended?: boolean;
  /** Canonical ids or aliases; empty means every model. */
  allowedModels: readonly string[];
  /** Addresses and CIDR ranges; empty means from anywhere. */
  allowedIps: readonly string[];
  scopes: readonly string[];
  /** Those there are; empty: unlimited. */
  limits: readonly PrincipalLimits[];
  /** UUID of the key's group, which says what it pays and who may serve it; absent: none. */
  groupId?: string | undefined;
  /** Routing fields that apply when a request does not say otherwise: organization's, project's, key's; a later one goes first. */
  routingDefaults: readonly JsonObject[];
  /** Epoch milliseconds; absent for a secret that does not expire. */
  expiresAtMs: number | undefined;
}
