import { publicId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { rateLimitsView, type RateLimitSettings } from '../../core/rate-limits.js';
import { budgetView, type Budget } from '../budgets/budget.js';

/**
 * `inference`: calls to models, and what `account` may. `account`: reading what belongs to the key, and the list of models.
 * `manage`: a management key, which makes and ends keys of its own project.
 */
export const KEY_SCOPES = ['inference', 'account', 'manage'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** What can be set of a key. */
export interface ApiKeySettings {
  name: string;
  /** UUID of a payment method of the same organization; null: the organization's default. */
  paymentMethodId: string | null;
  /** Null: never. */
  expiresAt: Date | null;
  /** UUID of its group; null: none, list prices and every deployment. */
  groupId: string | null;
  /** Model ids and aliases; empty: every model. */
  allowedModels: string[];
  /** Addresses and CIDR ranges; empty: from anywhere. */
  allowedIps: string[];
  scopes: KeyScope[];
  rateLimits: RateLimitSettings;
  /** Router fields for requests that do not carry them; over those of its project. */
  routingDefaults: JsonObject;
  metadata: Record<string, string>;
  /** Null: no cap. */
  budget: Budget | null;
}

/** One of a key's secrets, as far as it is known after its creation. */
export interface ApiKeySecret {
  displayStart: string;
  last4: string;
  createdAt: Date;
  /** Null: as long as the key. */
  expiresAt: Date | null;
}

/** A customer's key. It outlives its secrets: rotation gives it a new one. */
export interface ApiKey extends ApiKeySettings {
  id: string;
  organizationId: string;
  projectId: string;
  status: 'active' | 'revoked';
  revokedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  /** Newest first. */
  secrets: ApiKeySecret[];
}

const isoOrNull = (at: Date | null): string | null => at && at.toISOString();

/** A key as the API shows it; never a secret. */
export function apiKeyView(key: ApiKey) {
  return {
    object: 'api_key' as const,
    id: publicId('key', key.id),
    organization: publicId('organization', key.organizationId),
    project: publicId('project', key.projectId),
    name: key.name,
    status: key.status,
    payment_method: key.paymentMethodId && publicId('paymentMethod', key.paymentMethodId),
    expires_at: isoOrNull(key.expiresAt),
    revoked_at: isoOrNull(key.revokedAt),
    group: key.groupId && publicId('group', key.groupId),
    allowed_models: key.allowedModels,
    allowed_ips: key.allowedIps,
    scopes: key.scopes,
    rate_limits: rateLimitsView(key.rateLimits),
    routing_defaults: key.routingDefaults,
    budget: budgetView(key.budget),
    metadata: key.metadata,
    secrets: key.secrets.map((secret) => ({
      starts_with: secret.displayStart,
      last4: secret.last4,
      created_at: secret.createdAt.toISOString(),
      expires_at: isoOrNull(secret.expiresAt),
    })),
    created_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
  };
}

export type ApiKeyView = ReturnType<typeof apiKeyView>;

/** Whether a key manages others. */
export const isManagementKey = ({ scopes }: Pick<ApiKeySettings, 'scopes'>): boolean =>
  scopes.includes('manage');

/** The answer to a creation or rotation: the only one that holds a secret. */
export type ApiKeyWithSecret = ApiKeyView & { secret: string };
