import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { checkModel } from '../../admission/checks.js';
import { checkOrganization } from '../../auth/key-rights.js';
import type { Principal } from '../../auth/principal.js';
import type { Deployment } from '../../catalog/model.js';
import { isObject, tryParseJson } from '../../core/json.js';
import { parseJsonBody, readBody } from '../../platform/http/request-body.js';
import { anthropicMessages } from '../../protocols/anthropic-messages/index.js';
import { spliceMembers } from '../../protocols/json-splice.js';
import { mediaOf } from '../../protocols/media.js';
import { ROUTING_FIELDS } from '../../protocols/routing-fields.js';
import { UpstreamClient } from '../../providers/upstream.client.js';
import { RoutingService } from '../../routing/routing.service.js';
import { forwardedHeaders } from '../forwarded-headers.js';
import { needsOf } from '../route-needs.js';
import { countableOf } from './countable.js';
import { Tokeniser } from './tokeniser.service.js';

export interface TokenCount {
  inputTokens: number;
  /** Counted by the vendor that would serve the call; else estimated here. */
  exact: boolean;
}

const COUNT_PATH = '/messages/count_tokens';
/** The caller wants a number now; an estimate is near enough when the vendor is slow. */
const VENDOR_DEADLINE_MS = 5_000;

/**
 * How many tokens a Messages request would be (mapping row 78). A vendor that speaks Messages counts for itself;
 * where that fails, or another vendor would serve, the text is counted here. Nothing is charged.
 */
@Injectable()
export class CountTokensService {
  private readonly log = new Logger(CountTokensService.name);

  constructor(
    private readonly routing: RoutingService,
    private readonly upstream: UpstreamClient,
    private readonly tokeniser: Tokeniser,
  ) {}

  /** Throws FaregateError as the call itself would: 400 for a bad request, 403, 404. */
  async count(principal: Principal, request: IncomingMessage): Promise<TokenCount> {
    checkOrganization(principal);
    const raw = await readBody(request);
    const { text, json } = parseJsonBody(raw, request.headers['content-type']);
    const asked = anthropicMessages.decodeRequest(json, principal.profile);
    const model = this.routing.resolve(asked.model);
    checkModel(principal, model);
    const { candidates } = this.routing.plan({
      routing: asked.routing,
      model,
      needs: needsOf(asked, mediaOf(asked), raw.length),
      caller: principal,
      mayUse: () => false,
    });
    const [first] = candidates;
    if (first?.deployment.provider.protocol === 'anthropic-messages') {
      const inputTokens = await this.askVendor(first.deployment, text, request.headers);
      if (inputTokens !== undefined) return { inputTokens, exact: true };
    }
    const countable = countableOf(asked);
    const counted = await this.tokeniser.count(countable.text);
    return { inputTokens: counted + countable.fixedTokens, exact: false };
  }

  private async askVendor(
    deployment: Deployment,
    text: string,
    headers: IncomingHttpHeaders,
  ): Promise<number | undefined> {
    const { provider, upstreamModel } = deployment;
    try {
      const answer = await this.upstream.ask({
        provider,
        credential: this.routing.pickCredential(deployment),
        protocol: anthropicMessages,
        target: { model: upstreamModel, streamed: false },
        path: COUNT_PATH,
        headers: forwardedHeaders(headers, anthropicMessages),
        body: spliceMembers(text, {
          set: { model: JSON.stringify(upstreamModel) },
          remove: [...ROUTING_FIELDS, 'max_tokens', 'stream', 'temperature', 'top_p', 'top_k', 'metadata'],
        }),
        deadlineMs: VENDOR_DEADLINE_MS,
      });
      const body = answer.status === 200 ? tryParseJson(answer.body) : undefined;
      const tokens = isObject(body) ? body['input_tokens'] : undefined;
      return typeof tokens === 'number' && Number.isInteger(tokens) && tokens >= 0 ? tokens : undefined;
    } catch (error) {
      this.log.warn(`${provider.slug} could not count tokens: ${(error as Error).message}`);
      return undefined;
    }
  }
}
