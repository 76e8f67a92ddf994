import type { Candidate, Ticket } from '../../../src/admission/ticket.js';
import type { CatalogModel, Deployment } from '../../../src/catalog/model.js';
import { PriceSheet } from '../../../src/catalog/price.js';
import type { ProviderProtocol } from '../../../src/catalog/model.js';

/** A model that says nothing about what it lacks. */
export const buildModel = (over: Partial<CatalogModel> = {}): CatalogModel => ({
  id: 'vendor/model',
  name: 'Model',
  contextWindow: 200_000,
  maxOutputTokens: 8_192,
  capabilities: [],
  aliases: [],
  status: 'active',
  ...over,
});

/** A deployment at a provider of the protocol given. */
export const buildDeployment = (protocol: ProviderProtocol, adapter: string): Deployment => ({
  id: 'dep',
  modelId: 'vendor/model',
  provider: {
    id: 'prov',
    slug: 'vendor',
    name: 'Vendor',
    adapter,
    protocol,
    baseUrl: 'https://vendor.test/v1',
    euNative: false,
    zeroDataRetention: false,
    allowPrivateNetwork: false,
    simulated: false,
    headers: {},
    status: 'active',
    credentials: [],
    needsCredential: false,
  },
  upstreamModel: 'vendor-model-1',
  priority: 0,
  weight: 1,
  status: 'active',
});

/** A deployment that may serve, at no price. */
export const buildCandidate = (over: Partial<Candidate> = {}): Candidate => ({
  model: buildModel(),
  deployment: buildDeployment('openai-chat', 'openai'),
  listPrices: new PriceSheet([]),
  costPrices: new PriceSheet([]),
  maxOutputTokens: 8_192,
  ...over,
});

/** An admitted call, for tests of what is done with it. */
export const buildTicket = (over: Partial<Ticket> = {}): Ticket => ({
  requestId: '0190d2c4-0000-7000-8000-00000000002a',
  principal: {
    keyId: 'key',
    keyName: 'key',
    organizationId: 'org',
    projectId: 'proj',
    walletId: 'wallet',
    currency: 'USD',
    profile: 'standard',
    allowedModels: [],
    allowedIps: [],
    scopes: ['inference'],
    limits: [],
    routingDefaults: [],
    expiresAtMs: undefined,
  },
  modelRequested: 'vendor/model',
  candidates: [buildCandidate()],
  ownSearches: 0,
  clamped: false,
  bodyBytes: 100,
  media: { bytes: 0, count: 0, hasImage: false, hasDocument: false },
  streamed: false,
  pricedAtMs: 0,
  startedAtMs: 0,
  startedAt: 0,
  rateLimits: undefined,
  ...over,
});
