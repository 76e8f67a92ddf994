import type { RateLimits } from '../core/rate-limits.js';

/** Wire languages an upstream may speak. */
export type ProviderProtocol = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'google-gemini';
/** Those of them that src/protocols speaks; a provider of another could be called by nobody. */
export const SPOKEN_PROTOCOLS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-gemini',
] as const satisfies ProviderProtocol[];

/** Whether a model or provider takes part in routing. */
export const CATALOG_STATUSES = ['active', 'disabled'] as const;
export type CatalogStatus = (typeof CATALOG_STATUSES)[number];

/**
 * `draining`: no new calls, calls under way go on. `auto_disabled`: switched off by what its upstream said (statement 70).
 * `deleted`: kept only because old requests name it.
 */
export const DEPLOYMENT_STATUSES = ['active', 'draining', 'disabled', 'auto_disabled', 'deleted'] as const;
export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

/** As of deployments, but that nothing switches a credential off by itself: its breaker sees to that. */
export const CREDENTIAL_STATUSES = ['active', 'draining', 'disabled', 'deleted'] as const;
export type CredentialStatus = (typeof CREDENTIAL_STATUSES)[number];

/** What of an upstream's refusals switches a deployment off, and how it comes back. */
export interface AutoDisablePolicy {
  enabled: boolean;
  /** HTTP statuses, alone ("401") or from-to ("500-599"). */
  statuses: readonly string[];
  /** Words of the refusal, whatever their case. */
  keywords: readonly string[];
  /** Seconds between test calls that may switch it on again; null: administrators alone do. */
  retestSeconds: number | null;
}

/** A model as customers ask for it, whoever serves it. */
export interface CatalogModel {
  /** Canonical id: "anthropic/claude-opus-4.8". */
  id: string;
  /** For people: "Claude Opus 4.8". */
  name: string;
  /** Input and output tokens together. */
  contextWindow: number;
  maxOutputTokens: number;
  /** Output limit of a request that names none; absent: such a request is refused where its protocol demands one. */
  defaultMaxTokens?: number | undefined;
  /** What the model can do and which parameters it takes: "vision", "tools", "reasoning", "temperature" … */
  capabilities: readonly string[];
  /** Model that may answer when nothing serves this one; absent: none. */
  fallbackModel?: string | undefined;
  /** What each organization may use of it; absent: as much as it likes. */
  rateLimits?: RateLimits | undefined;
  /** Further names the model answers to. */
  aliases: readonly string[];
  status: CatalogStatus;
}

/** An upstream account: where it is, how it is addressed, and what it promises. */
export interface CatalogProvider {
  /** UUID. */
  id: string;
  /** Name in filters and headers: "anthropic". */
  slug: string;
  name: string;
  /** Name of the value of src/providers that knows the vendor's habits. */
  adapter: string;
  protocol: ProviderProtocol;
  /** Without the endpoint's own path: "https://api.anthropic.com/v1". */
  baseUrl: string;
  /** Absent: not said. */
  region?: string | undefined;
  /** Based and regulated in the EU. */
  euNative: boolean;
  zeroDataRetention: boolean;
  /** Whether `baseUrl` may lead to a private or loopback address. */
  allowPrivateNetwork: boolean;
  /** The built-in simulator: used only while nothing real serves a model. */
  simulated: boolean;
  /** Further request headers of every call. */
  headers: Readonly<Record<string, string>>;
  status: CatalogStatus;
  /** Those that may be used now; they take turns. */
  credentials: readonly CatalogCredential[];
  /** It has credentials, in use or not: without one it cannot be called. False for an upstream that needs none. */
  needsCredential: boolean;
}

/** One secret with which a provider may be called. */
export interface CatalogCredential {
  /** UUID. */
  id: string;
  /** For people: "default", "second account". */
  name: string;
  /** Share of the calls; 0: only while no other one can be used. */
  weight: number;
  /** Sealed, bound to the row: see `credentialPlace`. */
  ciphertext: Buffer;
}

/** The place a credential is sealed to. */
export const credentialPlace = (credentialId: string): string => `provider:${credentialId}`;

/** Keys that pay other prices than the list's, or are served by some deployments only. */
export interface KeyGroup {
  /** UUID. */
  id: string;
  name: string;
  /** Parts per million of every list price. */
  multiplierPpm: number;
  /** UUIDs of the deployments that may serve; absent: every one. */
  deployments?: ReadonlySet<string> | undefined;
}

/** A model served by a provider. */
export interface Deployment {
  /** UUID. */
  id: string;
  modelId: string;
  provider: CatalogProvider;
  /** The model's name at the vendor. */
  upstreamModel: string;
  /** Higher is tried first. */
  priority: number;
  /** Share among deployments of one priority; all zero means equal shares. */
  weight: number;
  /** "fp8", "int4"; absent: full precision. */
  quantization?: string | undefined;
  /** Input and output tokens together, where that is less than the model's; absent: as the model. */
  contextWindow?: number | undefined;
  /** Absent: as the model. */
  maxOutputTokens?: number | undefined;
  /** Absent: the provider's region. */
  region?: string | undefined;
  status: DeploymentStatus;
  /** Its own, else its provider's; absent: nothing switches it off. */
  autoDisable?: AutoDisablePolicy | undefined;
}
