import { Injectable, Logger } from '@nestjs/common';
import type { CatalogCredential, CatalogModel, Deployment } from '../../catalog/model.js';
import { CatalogService } from '../../catalog/catalog.service.js';
import { monotonicMs, nowMs } from '../../core/clock.js';
import { FaregateError } from '../../core/errors.js';
import { isObject, tryParseJson } from '../../core/json.js';
import type { TokenUsage } from '../../core/token-usage.js';
import { rateUsage } from '../../metering/rate-usage.js';
import type { CompletionRequest } from '../../protocols/completion.js';
import { openaiEmbeddings } from '../../protocols/openai-embeddings/index.js';
import type { Protocol } from '../../protocols/protocol.js';
import { getProtocol, speakerFor } from '../../protocols/registry.js';
import { deploymentQuirks, getAdapter } from '../../providers/registry.js';
import {
  disguisedFailure,
  failureOf,
  upstreamFailure,
  type UpstreamFailure,
} from '../../providers/upstream-failure.js';
import { UpstreamClient, type UpstreamReply } from '../../providers/upstream.client.js';
import { UpstreamHealth } from '../../routing/upstream-health.service.js';
import { failureOfAnswer } from '../failed-answer.js';
import { upstreamBody } from '../upstream-body.js';
import { ProbesRepository } from './probes.repository.js';

/** What came of a test call. */
export interface TestOutcome {
  passed: boolean;
  durationMs: number;
  /** Why not, in words without the upstream's own; absent when it passed. */
  error?: string | undefined;
  /** The same for routing. */
  failure?: UpstreamFailure | undefined;
  /** UUID of the credential it was made with; absent: the provider needs none. */
  credentialId?: string | undefined;
}

/** What the upstream said. */
interface Answer {
  error?: string;
  failure?: UpstreamFailure;
  usage?: TokenUsage | undefined;
}

const FAILED_INSIDE = 'HTTP 200 with a failure inside';
const DEADLINE_MS = 30_000;
/** The least that every vendor takes (Responses: 16). */
const MAX_OUTPUT_TOKENS = 16;

/**
 * Asks a deployment for a few tokens, to see whether it answers. No customer pays for it: each call is kept with what the
 * provider takes for it, which the worker books as an expense of the house.
 */
@Injectable()
export class DeploymentTester {
  private readonly log = new Logger(DeploymentTester.name);

  constructor(
    private readonly upstream: UpstreamClient,
    private readonly catalog: CatalogService,
    private readonly health: UpstreamHealth,
    private readonly probes: ProbesRepository,
  ) {}

  /** `credential`: absent, the one whose turn it is. */
  async test(deployment: Deployment, credential?: CatalogCredential): Promise<TestOutcome> {
    const startedAt = monotonicMs();
    const used = credential ?? this.health.pickCredential(deployment);
    const answer = await this.ask(deployment, used).catch(noAnswer);
    const { error, failure } = answer;
    await this.keep(deployment, { credentialId: used?.id, answer }).catch((thrown: Error) =>
      this.log.error(`the cost of a test call was not kept: ${thrown.message}`),
    );
    const durationMs = Math.round(monotonicMs() - startedAt);
    return { passed: error === undefined, durationMs, error, failure, credentialId: used?.id };
  }

  private async ask(deployment: Deployment, credential: CatalogCredential | undefined): Promise<Answer> {
    const { provider, upstreamModel } = deployment;
    const model = this.catalog
      .snapshot()
      .models()
      .find(({ id }) => id === deployment.modelId);
    if (!model) return { error: 'the model is not active' };
    const protocol = spokenFor(model, deployment);
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
      credential,
      protocol,
      target,
      headers: {},
      body,
      deadlineMs: DEADLINE_MS,
    });
    const answer = reply.status === 200 ? tryParseJson(reply.body) : undefined;
    if (!isObject(answer)) return refusedBy(protocol, reply);
    const disguised = disguisedFailure(answer);
    if (disguised) {
      const failure = upstreamFailure({ ...disguised, headers: {}, nowMs: nowMs() });
      return { error: FAILED_INSIDE, failure };
    }
    const result = protocol.decodeResponse(
      answer,
      deploymentQuirks(deployment),
      getAdapter(provider.adapter).issuer,
    );
    const failure = failureOfAnswer(result);
    return failure ? { usage: result.usage, error: FAILED_INSIDE, failure } : { usage: result.usage };
  }

  private async keep(
    { id, modelId, provider }: Deployment,
    { credentialId, answer }: { credentialId: string | undefined; answer: Answer },
  ): Promise<void> {
    const atMs = this.catalog.databaseNowMs();
    const snapshot = this.catalog.snapshot();
    const currency = snapshot.costCurrency({ modelId, providerId: provider.id, atMs }) ?? 'USD';
    const prices = snapshot.costPrices({ modelId, providerId: provider.id, currency, atMs });
    const costNano = answer.usage ? rateUsage(answer.usage, prices).amountNano : 0n;
    const { error } = answer;
    await this.probes.record({
      deploymentId: id,
      providerId: provider.id,
      credentialId,
      error,
      costNano,
      currency,
    });
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

function refusedBy(protocol: Protocol, { status, body }: UpstreamReply): Answer {
  if (status === 200) {
    const error = 'HTTP 200 that is no answer';
    return { error, failure: failureOf('fault', new FaregateError('upstream', error)) };
  }
  const refusal = { status, body: protocol.decodeError(body), text: body, headers: {}, nowMs: nowMs() };
  const failure = upstreamFailure(refusal);
  return { error: `HTTP ${status}: ${failure.cause}`, failure };
}

function noAnswer(thrown: Error): Answer {
  const error = `no answer: ${thrown.name}`;
  const cause = thrown.name === 'TimeoutError' ? 'timeout' : 'fault';
  return { error, failure: failureOf(cause, new FaregateError('upstream', error, { internal: thrown })) };
}
