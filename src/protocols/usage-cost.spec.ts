import { formatNano } from '../core/money.js';
import type { TokenUsage } from '../core/token-usage.js';
import { testIdentity } from '../../test/support/protocol-laws.js';
import { costMembers } from './usage-cost.js';

/** 1.1 micro-units for an input token, 0.3 for a cached one, 2.7 for an output token. */
const costOf = ({ input, output }: TokenUsage): string | undefined => {
  if (input.noCache === undefined || output.total === undefined) return undefined;
  return formatNano(BigInt(input.noCache * 1_100 + (input.cacheRead ?? 0) * 300 + output.total * 2_700));
};

const usage: TokenUsage = { input: { noCache: 7, cacheRead: 5 }, output: { total: 3 } };

describe('usage.cost', () => {
  it('standard: a decimal number of USD', () => {
    const members = costMembers(usage, testIdentity({ profile: 'standard', costOf }));
    expect(members).toEqual({ cost: '0.000017300' });
    expect(JSON.parse(members['cost'] ?? '')).toBe(0.0000173);
  });

  it('octen and octopusx: nothing', () => {
    for (const profile of ['octen', 'octopusx'] as const)
      expect(costMembers(usage, testIdentity({ profile, costOf }))).toEqual({});
  });

  it('statement 94: cortecs shows whole micro-units, each part rounded up, and their sum', () => {
    const members = costMembers(usage, testIdentity({ profile: 'cortecs', costOf }));
    expect(JSON.parse(members['cost_details'] ?? '')).toEqual({
      prompt_cost: 8,
      cache_read_cost: 2,
      cache_write_cost: 0,
      completion_cost: 9,
    });
    expect(members['cost']).toBe('19');
  });

  it('the tier of each part is that of the whole call', () => {
    const wholes: unknown[] = [];
    const noted = (part: TokenUsage, whole?: TokenUsage) => {
      if (whole) wholes.push(whole);
      return costOf(part);
    };
    costMembers(usage, testIdentity({ profile: 'cortecs', costOf: noted }));
    expect(wholes).toEqual([usage, usage, usage, usage]);
  });

  it('an incomplete usage has no price', () => {
    const unknown = { input: {}, output: {} };
    for (const profile of ['standard', 'cortecs'] as const) {
      expect(costMembers(unknown, testIdentity({ profile, costOf }))).toEqual({});
    }
  });
});
