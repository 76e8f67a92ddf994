import type { Ticket } from '../admission/ticket.js';
import type { CompletionRequest, ParameterName } from '../protocols/completion.js';
import { memberText, spliceMembers } from '../protocols/json-splice.js';
import type { EncodeTarget, Protocol } from '../protocols/protocol.js';
import { getAdapter } from '../providers/registry.js';

export interface UpstreamBodyQuestion {
  ticket: Ticket;
  request: CompletionRequest;
  /** The caller's own body. */
  text: string;
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
}

/**
 * The body for the upstream: the caller's own bytes with a few members changed when both sides speak the same
 * protocol, else the request said again in the upstream's protocol. Throws FaregateError 400 for what that
 * protocol cannot do.
 */
export function upstreamBody(question: UpstreamBodyQuestion): UpstreamBody {
  const { ticket, client, upstream } = question;
  const request = withLimit(question);
  const adapter = getAdapter(ticket.deployment.provider.adapter);
  const target: EncodeTarget = {
    upstreamModel: ticket.deployment.upstreamModel,
    maxOutputTokens: upstream.requiresMaxTokens ? ticket.maxOutputTokens : undefined,
    quirks: adapter.quirks,
    issuer: adapter.issuer,
  };
  if (client !== upstream) {
    const { body, warnings } = upstream.encodeRequest(request, target);
    return { body: JSON.stringify(body), warnings };
  }
  const changes = client.passthrough.requestChanges(request, target);
  const remove = question.dropped.flatMap((name) => client.parameterFields[name] ?? []);
  const set = { ...changes.set };
  const limit = request.maxOutputTokens;
  if (limit !== undefined && (limit !== question.givenMaxTokens || isAmbiguous(question))) {
    const field = upstream.maxTokensFields.find((name) => set[name] !== undefined) ?? limitField(question);
    for (const name of upstream.maxTokensFields) delete set[name];
    remove.push(...upstream.maxTokensFields.filter((name) => name !== field));
    set[field] = String(limit);
  }
  const removed = [...changes.remove, ...remove].filter((name) => set[name] === undefined);
  return { body: spliceMembers(question.text, { set, remove: removed }), warnings: changes.warnings ?? [] };
}

/** The output limit that the hold pays for must reach the upstream wherever it is not the caller's own. */
function withLimit({ ticket, request }: UpstreamBodyQuestion): CompletionRequest {
  const isUnlimited =
    request.maxOutputTokens === undefined && ticket.maxOutputTokens === ticket.model.maxOutputTokens;
  if (isUnlimited || request.maxOutputTokens === ticket.maxOutputTokens) return request;
  return { ...request, maxOutputTokens: ticket.maxOutputTokens };
}

/** The caller gave the limit under each of its names: vendors differ in which they read, the hold pays for one. */
function isAmbiguous({ upstream, text }: UpstreamBodyQuestion): boolean {
  const names = upstream.maxTokensFields;
  return names.length > 1 && names.toReversed().every((name) => memberText(text, name) !== undefined);
}

/** The limit's wire name: the vendor's own, else the newest the caller used, else the protocol's first. */
function limitField({ ticket, upstream, text }: UpstreamBodyQuestion): string {
  const quirk = getAdapter(ticket.deployment.provider.adapter).quirks.maxTokensField;
  const used = upstream.maxTokensFields.findLast((name) => text.includes(`"${name}"`));
  return quirk ?? used ?? upstream.maxTokensFields[0] ?? 'max_tokens';
}
