import type { CompletionRequest, ParameterName } from '../protocols/completion.js';
import type { WireQuirks } from '../protocols/protocol.js';
import { PUBLIC_NAMES } from './effective-request.js';

/** A request as one vendor takes it. */
export interface AcceptedRequest {
  request: CompletionRequest;
  /** Parameters that were left out; a verbatim body loses their wire fields too. */
  refused: ParameterName[];
  warnings: string[];
}

/** Leaves out what the vendor that was chosen would answer with an error (row 32), each with its name in a warning. */
export function withoutUnsupported(
  request: CompletionRequest,
  { unsupported = [] }: WireQuirks,
): AcceptedRequest {
  const refused = unsupported.filter((name) => request[name] !== undefined);
  if (refused.length === 0) return { request, refused, warnings: [] };
  const accepted = { ...request };
  for (const name of refused) delete accepted[name];
  const warnings = refused.map(
    (name) => `"${PUBLIC_NAMES[name]}" was left out: this model's provider does not take it`,
  );
  return { request: accepted, refused, warnings };
}
