import { invalidRequest } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest } from '../completion.js';
import type { WireQuirks } from '../protocol.js';

/**
 * Members of a request that one vendor takes in another form than OpenAI: set over the usual ones, after `seed` was
 * taken away where it has another name. Throws invalid_request for several answers of a vendor that gives one (row 33):
 * the gateway asks such a vendor once for each answer, and what is encoded without it must not lose answers in silence.
 */
export function vendorMembers(
  request: CompletionRequest,
  quirks: WireQuirks,
  warnings: string[],
): { set: JsonObject; remove: string[] } {
  if (quirks.singleChoice && (request.choiceCount ?? 1) > 1) {
    throw invalidRequest('n: this model gives one answer per request', 'n');
  }
  const set: JsonObject = { ...quirks.members };
  const remove: string[] = [];
  const { maxTemperature, seedField } = quirks;
  if (maxTemperature !== undefined && (request.temperature ?? 0) > maxTemperature) {
    set['temperature'] = maxTemperature;
    warnings.push(`temperature was lowered to ${maxTemperature}, the highest this model takes`);
  }
  if (seedField !== undefined && request.seed !== undefined) {
    set[seedField] = request.seed;
    remove.push('seed');
  }
  return { set, remove };
}
