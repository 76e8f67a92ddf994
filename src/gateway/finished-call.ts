import type { Ticket } from '../admission/ticket.js';
import { publicId } from '../core/ids.js';
import type { CallMeter } from '../metering/call-meter.js';
import type { BeginOfCall, CallReport } from '../telemetry/call-report.js';

/** What telemetry is told of a call that was let in and has been settled; undefined before that. */
export function reportOf(
  { route, protocol, startedAtMs }: BeginOfCall,
  ticket: Ticket,
  { end }: CallMeter,
): CallReport | undefined {
  if (end === undefined) return undefined;
  const { usage } = end.measured;
  const candidateOf = (deploymentId: string) =>
    ticket.candidates.find(({ deployment }) => deployment.id === deploymentId) ?? ticket.candidates[0];
  const serving = candidateOf(end.serving.deployment.id);
  // Member by member: a spread of two objects this large costs more than all the rest of telemetry.
  return {
    route,
    protocol,
    startedAtMs,
    requestId: publicId('request', ticket.requestId),
    keyId: publicId('key', ticket.principal.keyId),
    organizationId: publicId('organization', ticket.principal.organizationId),
    streamed: ticket.streamed,
    model: end.serving.model.id,
    provider: serving.deployment.provider.slug,
    outcome: end.status,
    status: end.httpStatus,
    errorType: end.errorType,
    finishReason: end.finishReason,
    tokens: {
      input: usage.input.noCache,
      cacheRead: usage.input.cacheRead,
      cacheWrite5m: usage.input.cacheWrite5m,
      cacheWrite1h: usage.input.cacheWrite1h,
      output: usage.output.total,
      reasoning: usage.output.reasoning,
    },
    searches: usage.searches ?? 0,
    chargedNano: end.charge ? end.rated.amountNano : 0n,
    costNano: end.attempts.reduce((sum, { costNano }) => sum + costNano, 0n),
    currency: ticket.principal.currency,
    firstTokenMs: end.firstTokenMs,
    durationMs: end.durationMs,
    attempts: end.attempts.map((attempt) => {
      const { model, deployment } = candidateOf(attempt.deploymentId);
      return {
        model: model.id,
        provider: deployment.provider.slug,
        upstreamModel: attempt.upstreamModel,
        outcome: attempt.outcome,
        status: attempt.status,
        errorType: attempt.errorType,
        upstreamId: attempt.upstreamId,
        durationMs: attempt.durationMs,
      };
    }),
    fellBack: end.serving.model.id !== end.heldModel,
  };
}
