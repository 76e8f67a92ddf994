import type { Candidate } from '../admission/ticket.js';
import type { CompletionRequest, ParameterName } from '../protocols/completion.js';
import { ObjectText } from '../protocols/json-splice.js';
import { ownFieldWarnings } from '../protocols/own-fields.js';
import type { EncodedRequest, EncodeTarget, PortableRequest, Protocol } from '../protocols/protocol.js';
import { deploymentQuirks, getAdapter } from '../providers/registry.js';
import { refusalInWordsOf, warningInWordsOf } from './callers-words.js';
import { previousResponse } from './previous-response.js';
import { withoutUnsupported } from './unsupported-parameters.js';

export interface UpstreamBodyQuestion {
  /** Where the call goes and how much it may answer. */
  candidate: Pick<Candidate, 'deployment' | 'model' | 'maxOutputTokens'>;
  request: CompletionRequest;
  /** The caller's own body; absent where the request is not the caller's own. */
  text?: string | undefined;
  /** The output limit in that body; absent when it names none. */
  givenMaxTokens?: number | undefined;
  dropped: readonly ParameterName[];
  client: Protocol;
  upstream: Protocol;
}

export interface UpstreamBody {
  body: string;
  /** What could not be carried over, for the caller. */
  warnings: string[];
  /** See EncodedRequest.toolNames. */
  toolNames?: ReadonlyMap<string, string> | undefined;
  /** Stop sequences that the gateway has to keep itself; absent: none. */
  stopAtGateway?: readonly string[] | undefined;
}

/**
 * The body for the upstream: the caller's own bytes with a few members changed when both sides speak the same
 * protocol, else the request said again in the upstream's protocol. Throws FaregateError 400 for what that
 * protocol cannot do.
 */
export function upstreamBody(question: UpstreamBodyQuestion): UpstreamBody {
  const written = writtenBody(question);
  written.warnings = written.warnings.map((warning) => warningInWordsOf(question.client, warning));
  return written;
}

function writtenBody(question: UpstreamBodyQuestion): UpstreamBody {
  const { candidate, client, upstream, text } = question;
  const { deployment } = candidate;
  const quirks = deploymentQuirks(deployment);
  const { request, refused, warnings: missing } = withoutUnsupported(withLimit(question), quirks, upstream);
  missing.push(...previousResponse(request, upstream));
  const target: EncodeTarget = {
    upstreamModel: deployment.upstreamModel,
    maxOutputTokens: upstream.requiresMaxTokens ? candidate.maxOutputTokens : undefined,
    quirks,
    issuer: getAdapter(deployment.provider.adapter).issuer,
  };
  if (client.name !== upstream.name || text === undefined) {
    const { body, warnings, toolNames } = translated(question, request, target);
    return {
      body: JSON.stringify(body),
      warnings: [...missing, ...warnings],
      toolNames,
      stopAtGateway: request.stopAtGateway,
    };
  }
  const own = new ObjectText(text);
  const changes = client.passthrough.requestChanges(request, target, own);
  const remove = [...question.dropped, ...refused].flatMap((name) => client.parameterFields[name] ?? []);
  const set = { ...changes.set };
  const limit = request.maxOutputTokens;
  const hasOwnField = upstream.maxTokensFields.length > 0;
  if (
    hasOwnField &&
    limit !== undefined &&
    (limit !== question.givenMaxTokens || isAmbiguous(upstream, own))
  ) {
    const field =
      upstream.maxTokensFields.find((name) => set[name] !== undefined) ??
      upstream.maxTokensFields.find((name) => name === quirks.maxTokensField) ??
      usedLimitField(upstream, text);
    for (const name of upstream.maxTokensFields) delete set[name];
    remove.push(...upstream.maxTokensFields.filter((name) => name !== field));
    set[field] = String(limit);
  }
  const warnings = [...missing, ...(changes.warnings ?? [])];
  const { stopAtGateway } = request;
  return {
    body: own.spliced({ set, remove: [...changes.remove, ...remove] }),
    warnings,
    stopAtGateway,
  };
}

/** The request said again in the upstream's protocol. Throws FaregateError 400 in the caller's words. */
function translated(
  { client, upstream }: Pick<UpstreamBodyQuestion, 'client' | 'upstream'>,
  request: CompletionRequest,
  target: EncodeTarget,
): EncodedRequest {
  try {
    const { request: moved, warnings: left } =
      client.name === upstream.name ? { request, warnings: [] } : portableRequest(client, request);
    const encoded = upstream.encodeRequest(moved, target);
    return { ...encoded, warnings: [...left, ...encoded.warnings] };
  } catch (error) {
    throw refusalInWordsOf(client, error);
  }
}

/** The request without what only the caller's protocol understands. */
const portableRequest = (client: Protocol, request: CompletionRequest): PortableRequest =>
  client.portable?.(request) ?? { request, warnings: ownFieldWarnings(request) };

/** The output limit that the hold pays for must reach the upstream wherever it is not the caller's own. */
function withLimit({ candidate, request }: UpstreamBodyQuestion): CompletionRequest {
  const { maxOutputTokens, model } = candidate;
  const isUnlimited = request.maxOutputTokens === undefined && maxOutputTokens === model.maxOutputTokens;
  const isWithin = request.maxOutputTokens !== undefined && request.maxOutputTokens <= maxOutputTokens;
  if (isUnlimited || isWithin) return request;
  return { ...request, maxOutputTokens };
}

/** The caller gave the limit under each of its names: vendors differ in which they read, the hold pays for one. */
function isAmbiguous(upstream: Protocol, body: ObjectText): boolean {
  const names = upstream.maxTokensFields;
  return names.length > 1 && names.every((name) => body.valueText(name) !== undefined);
}

/** The limit's wire name where the vendor does not care: the newest the caller used, else the protocol's first. */
function usedLimitField(upstream: Protocol, text: string): string {
  const used = upstream.maxTokensFields.findLast((name) => text.includes(`"${name}"`));
  return used ?? upstream.maxTokensFields[0] ?? 'max_tokens';
}
