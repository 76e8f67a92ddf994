import type { AutoDisablePolicy } from '../catalog/model.js';
import { asString, isObject } from '../core/json.js';
import { ownWords } from '../providers/own-words.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';

/** Statuses that blame us. Where the request is at fault all the same (a refused prompt, a missing file) no rule knows better. */
const OF_US: readonly (number | undefined)[] = [401, 402, 403, 404];

/**
 * Why a failure switches a deployment off under its rule (statement 70); undefined: it does not. A credential or an account
 * that the upstream refuses always does; statuses and words as the rule says, but never what a request holds: nobody can
 * switch a model off for all others. The reason names status and word of the rule, never the upstream's own words, which may
 * hold parts of a credential.
 */
export function reasonToDisable(
  policy: AutoDisablePolicy | undefined,
  { cause, error }: UpstreamFailure,
): string | undefined {
  if (!policy?.enabled) return undefined;
  const { internal } = error.details;
  const refusal = isObject(internal) ? internal : {};
  const status = typeof refusal['status'] === 'number' ? refusal['status'] : undefined;
  if (cause === 'request' && OF_US.includes(status)) return undefined;
  const said = status === undefined ? 'the upstream' : `HTTP ${status}`;
  const [message = '', type, code] = ['message', 'type', 'code'].map((name) => asString(refusal[name]));
  const words = ownWords({ message, type, code }, status);
  const keyword = policy.keywords.find((one) => words.toLowerCase().includes(one.toLowerCase()));
  if (keyword !== undefined) return `${said}: "${keyword}"`;
  if (cause === 'account') return `${said}: the credential or its account was refused`;
  if (status !== undefined && policy.statuses.some((range) => isWithin(status, range))) return said;
  return undefined;
}

/** Whether a status is the one, or in the range, that a rule names. */
function isWithin(status: number, range: string): boolean {
  const [from, to = from] = range.split('-').map(Number);
  return from !== undefined && to !== undefined && from <= status && status <= to;
}
