import { Injectable } from '@nestjs/common';
import type { CatalogModel, Deployment } from '../../catalog/model.js';
import { CatalogService } from '../../catalog/catalog.service.js';
import { monotonicMs } from '../../core/clock.js';
import { isObject, tryParseJson } from '../../core/json.js';
import type { CompletionRequest } from '../../protocols/completion.js';
import { openaiEmbeddings } from '../../protocols/openai-embeddings/index.js';
import type { Protocol } from '../../protocols/protocol.js';
import { getProtocol, speakerFor } from '../../protocols/registry.js';
import { deploymentQuirks, getAdapter } from '../../providers/registry.js';
import { disguisedFailure, upstreamFailure } from '../../providers/upstream-failure.js';
import { UpstreamClient } from '../../providers/upstream.client.js';
import { RoutingService } from '../../routing/routing.service.js';
import { upstreamBody } from '../upstream-body.js';

/** What came of a test call. */
export interface TestOutcome {
  passed: boolean;
  durationMs: number;
  /** Why not, in words without the upstream's own; absent when it passed. */
  error?: string | undefined;
}

const DEADLINE_MS = 30_000;
/** The least that every vendor takes (Responses: 16). */
const MAX_OUTPUT_TOKENS = 16;

/** Asks a deployment for a few tokens, to see whether it answers. No customer pays for it. */
@Injectable()
export class DeploymentTester {
  constructor(
    private readonly upstream: UpstreamClient,
    private readonly catalog: CatalogService,
    private readonly routing: RoutingService,
  ) {}

  async test(deployment: Deployment): Promise<TestOutcome> {
    const startedAt = monotonicMs();
    const error = await this.ask(deployment).catch((thrown: Error) => `no answer: ${thrown.name}`);
    return { passed: error === undefined, durationMs: Math.round(monotonicMs() - startedAt), error };
  }

  /** Undefined when there was a good answer. */
  private async ask(deployment: Deployment): Promise<string | undefined> {
    const { provider, upstreamModel } = deployment;
    const model = this.catalog
      .snapshot()
      .models()
      .find(({ id }) => id === deployment.modelId);
    if (!model) return 'the model is not active';
    const protocol = spokenFor(model, deployment);
    const quirks = deploymentQuirks(deployment);
    const { body } = upstreamBody({
      candidate: { deployment, model, maxOutputTokens: MAX_OUTPUT_TOKENS },
      request: smallRequest(model),
      dropped: [],
      client: protocol,
      upstream: protocol,
    });
    const target = { model: upstreamModel, streamed: false };
    const reply = await this.upstream.ask({
      provider,
      credential: this.routing.pickCredential(deployment),
      protocol,
      target,
      headers: {},
      body,
      deadlineMs: DEADLINE_MS,
    });
    const answer = reply.status === 200 ? tryParseJson(reply.body) : undefined;
    if (!isObject(answer)) return refusedBy(protocol, reply);
    if (disguisedFailure(answer)) return 'HTTP 200 with a failure inside';
    protocol.decodeResponse(answer, quirks, getAdapter(provider.adapter).issuer);
    return undefined;
  }
}

/** Models that make embeddings are asked for one. */
const spokenFor = ({ capabilities }: CatalogModel, { provider }: Deployment): Protocol =>
  capabilities.includes('embeddings')
    ? speakerFor(openaiEmbeddings, provider.protocol)
    : getProtocol(provider.protocol);

const smallRequest = ({ id }: CatalogModel): CompletionRequest => ({
  model: id,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Say yes.' }] }],
  stream: false,
  maxOutputTokens: MAX_OUTPUT_TOKENS,
  routing: {},
  warnings: [],
});

function refusedBy(protocol: Protocol, { status, body }: { status: number; body: string }): string {
  if (status === 200) return 'HTTP 200 that is no answer';
  const refusal = { status, body: protocol.decodeError(body), headers: {}, nowMs: 0 };
  return `HTTP ${status}: ${upstreamFailure(refusal).cause}`;
}
