import { parseNano } from '../core/money.js';
import type { TokenUsage } from '../core/token-usage.js';
import type { ResponseIdentity } from './protocol.js';

/** Members that an upstream may put into `usage` about its own price; they never reach the caller. */
export const UPSTREAM_COST_MEMBERS = ['cost', 'cost_details', 'is_byok'] as const;

/**
 * What the caller's profile shows of the price inside `usage`, in the organization's currency, as JSON texts by member:
 * a decimal number of major units (standard), whole micro-units with their parts, each rounded up (cortecs), nothing
 * (octen, octopusx). Empty when the usage is incomplete.
 */
export function costMembers(usage: TokenUsage, identity: ResponseIdentity): Record<string, string> {
  if (identity.profile === 'octen' || identity.profile === 'octopusx') return {};
  const cost = identity.costOf(usage);
  if (cost === undefined) return {};
  if (identity.profile === 'standard') return { cost };
  const { noCache, audio, image } = usage.input;
  const parts: [string, TokenUsage][] = [
    ['prompt_cost', partial({ noCache, audio, image })],
    ['cache_read_cost', partial({ cacheRead: usage.input.cacheRead })],
    [
      'cache_write_cost',
      partial({ cacheWrite5m: usage.input.cacheWrite5m, cacheWrite1h: usage.input.cacheWrite1h }),
    ],
    ['completion_cost', { ...partial({}), output: usage.output }],
  ];
  if (usage.searches || usage.fullContentExtra) {
    const { searches, fullContentExtra } = usage;
    parts.push(['search_cost', { ...partial({}), searches, fullContentExtra }]);
  }
  const details = parts.map(
    ([name, part]) => [name, microUnits(identity.costOf(part, usage) ?? '0')] as const,
  );
  const total = details.reduce((sum, [, micro]) => sum + micro, 0n);
  const members = details.map(([name, micro]) => `"${name}":${micro}`);
  return { cost: `${total}`, cost_details: `{${members.join(',')}}` };
}

/** A usage of a few classes alone, complete enough to be priced. */
const partial = (input: TokenUsage['input']): TokenUsage => ({
  input: { noCache: 0, ...input },
  output: { total: 0 },
});

/** Decimal text of the major unit → micro-units, rounded up. */
const microUnits = (text: string): bigint => (parseNano(text) + 999n) / 1_000n;
