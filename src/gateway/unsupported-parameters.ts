import type { CompletionRequest, ParameterName } from '../protocols/completion.js';
import type { Protocol, WireQuirks } from '../protocols/protocol.js';
import { PUBLIC_NAMES } from './effective-request.js';

/** A request as one vendor takes it. */
export interface AcceptedRequest {
  request: CompletionRequest;
  /** Parameters that were left out; a verbatim body loses their wire fields too. */
  refused: ParameterName[];
  warnings: string[];
}

/**
 * Leaves out what the vendor that was chosen would answer with an error (row 32), each with its name in a warning. Stop
 * sequences that it, or its protocol, cannot keep become the gateway's own task (row 31).
 */
export function withoutUnsupported(
  request: CompletionRequest,
  { unsupported = [] }: WireQuirks,
  upstream: Pick<Protocol, 'canStopAt'>,
): AcceptedRequest {
  const refused = unsupported.filter((name) => request[name] !== undefined && name !== 'stop');
  const keepsStop = unsupported.includes('stop') || upstream.canStopAt?.(request.stop ?? []) !== true;
  if (request.stop && keepsStop) refused.push('stop');
  if (refused.length === 0) return { request, refused, warnings: [] };
  const accepted = { ...request };
  if (refused.includes('stop')) accepted.stopAtGateway = request.stop;
  for (const name of refused) delete accepted[name];
  const told = refused.filter((name) => name !== 'stop');
  const warnings = told.map(
    (name) => `"${PUBLIC_NAMES[name]}" was left out: this model's provider does not take it`,
  );
  return { request: accepted, refused, warnings };
}
