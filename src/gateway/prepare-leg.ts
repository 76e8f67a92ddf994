import type { Candidate, Ticket } from '../admission/ticket.js';
import { nowMs } from '../core/clock.js';
import { FaregateError } from '../core/errors.js';
import type { CallMeter } from '../metering/call-meter.js';
import type { ResponseIdentity } from '../protocols/protocol.js';
import { speakerFor } from '../protocols/registry.js';
import { deploymentQuirks, getAdapter } from '../providers/registry.js';
import type { UpstreamClient } from '../providers/upstream.client.js';
import type { CallTrace } from '../telemetry/call-trace.js';
import { forwardedHeaders } from './forwarded-headers.js';
import type { LegHost } from './leg.js';
import type { KeptStop } from './stop-keeper.js';
import type { UnderstoodCall } from './understood-call.js';
import { upstreamBody } from './upstream-body.js';

/** What the requests of one call are made from. */
export interface LegBasis {
  understood: UnderstoodCall;
  ticket: Ticket;
  identity: ResponseIdentity;
  meter: CallMeter;
  upstream: Pick<UpstreamClient, 'send'>;
  /** Its trace; absent: nobody collects traces. */
  trace?: CallTrace | undefined;
}

/**
 * Makes the requests of one call: a leg as one candidate's upstream can take it, with the notes that this makes for the
 * caller. The notes are those of the latest request; what an attempt that gave way could not carry is of no interest.
 */
export function prepareLeg(basis: LegBasis): LegHost['prepare'] {
  const { understood, ticket, identity, meter } = basis;
  return (leg, candidate, credential) => {
    const protocol = speakerFor(understood.protocol, candidate.deployment.provider.protocol);
    const { request, dropped } = understood.forModel(candidate.model, leg.asked);
    const { body, warnings, toolNames, stopAtGateway } = upstreamBody({
      candidate,
      request,
      text: leg.text,
      givenMaxTokens: understood.asked.maxOutputTokens,
      dropped: leg.without ? [...dropped, ...leg.without] : dropped,
      client: understood.protocol,
      upstream: protocol,
    });
    identity.toolNames = toolNames;
    identity.legacyFunctions = request.legacyFunctions;
    identity.source = request.source;
    const adapter = getAdapter(candidate.deployment.provider.adapter);
    identity.issuer = adapter.issuer;
    identity.warnings = [
      ...loweredLimit(ticket, candidate, understood.asked.maxOutputTokens),
      ...request.warnings,
      ...warnings,
    ];
    meter.warnings = identity.warnings;
    const headers =
      understood.protocol.name === protocol.name ? forwardedHeaders(understood.headers, protocol) : {};
    return {
      protocol,
      quirks: deploymentQuirks(candidate.deployment),
      bodyBytes: leg.text !== undefined && !request.replacesMessages ? undefined : Buffer.byteLength(body),
      // A call that is not streamed goes on at every vendor.
      stopsBillingOnCancel: ticket.streamed && adapter.stopsBillingOnCancel,
      stop: keptStop(stopAtGateway, adapter.stopsBillingOnCancel && (request.choiceCount ?? 1) === 1),
      send: (attempt) => {
        try {
          const { provider, upstreamModel } = candidate.deployment;
          const target = { model: upstreamModel, streamed: ticket.streamed };
          const traced = basis.trace?.attempt(upstreamModel, nowMs());
          basis.upstream.send(
            {
              provider,
              credential,
              protocol,
              target,
              headers: traced ? { ...headers, ...traced } : headers,
              body,
            },
            attempt,
          );
        } catch (error) {
          throw new FaregateError('upstream', 'The upstream could not be called', { internal: error });
        }
      },
    };
  };
}

/** Empty sequences end nothing. */
function keptStop(given: readonly string[] | undefined, cancels: boolean): KeptStop | undefined {
  const sequences = given?.filter((sequence) => sequence !== '') ?? [];
  return sequences.length === 0 ? undefined : { sequences, cancels };
}

/** What to say when the caller gets less output than was asked for. */
function loweredLimit(ticket: Ticket, candidate: Candidate, given: number | undefined): string[] {
  const { maxOutputTokens, model } = candidate;
  if (ticket.clamped)
    return [`max_tokens was lowered to ${maxOutputTokens}, which is what the balance covers`];
  if (given === undefined || given <= maxOutputTokens) return [];
  return [`max_tokens was lowered to ${maxOutputTokens}, the most that ${model.id} gives`];
}
