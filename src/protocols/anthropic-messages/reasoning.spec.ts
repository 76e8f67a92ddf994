import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ReasoningRequest, ToolChoice } from '../completion.js';
import type { WireQuirks } from '../protocol.js';
import { decodeReasoning, encodeReasoning } from './reasoning.js';

const decode = (thinking: JsonObject, more: JsonObject = {}) =>
  decodeReasoning({ max_tokens: 4096, thinking, ...more });

const encode = (
  reasoning: ReasoningRequest | undefined,
  maxTokens = 4096,
  { toolChoice, style }: { toolChoice?: ToolChoice; style?: WireQuirks['thinking'] } = {},
) => {
  const request: CompletionRequest = {
    model: 'm',
    messages: [],
    stream: false,
    routing: {},
    warnings: [],
    reasoning,
    toolChoice,
  };
  return encodeReasoning(request, { maxTokens, style });
};

describe('reading thinking', () => {
  it.each<[string, JsonObject, string]>([
    ['enabled without a budget', { type: 'enabled' }, 'thinking.budget_tokens'],
    ['a budget under 1024', { type: 'enabled', budget_tokens: 1023 }, 'thinking.budget_tokens'],
    ['a budget equal to max_tokens', { type: 'enabled', budget_tokens: 4096 }, 'thinking.budget_tokens'],
    ['a budget while disabled', { type: 'disabled', budget_tokens: 2048 }, 'thinking.budget_tokens'],
    ['a budget while adaptive', { type: 'adaptive', budget_tokens: 2048 }, 'thinking.budget_tokens'],
    ['an unknown type', { type: 'deep' }, 'thinking.type'],
    ['no type', { budget_tokens: 2048 }, 'thinking.type'],
    ['an unknown display', { type: 'adaptive', display: 'all' }, 'thinking.display'],
  ])('statement 18: %s is refused, naming the field', (_name, thinking, param) => {
    expect(() => decode(thinking)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ param }) }),
    );
  });

  it('reads budget, display and effort', () => {
    expect(decode({ type: 'enabled', budget_tokens: 2048, display: 'omitted' })).toEqual({
      mode: 'enabled',
      budgetTokens: 2048,
      display: 'omitted',
    });
    expect(decode({ type: 'adaptive' }, { output_config: { effort: 'high' } })).toEqual({
      mode: 'adaptive',
      effort: 'high',
    });
    expect(decodeReasoning({})).toBeUndefined();
  });
});

describe('writing thinking', () => {
  it.each<ReasoningRequest>([
    { mode: 'enabled', budgetTokens: 2048, display: 'summarized' },
    { mode: 'adaptive', display: 'omitted', effort: 'medium' },
    { mode: 'disabled' },
  ])('row 35: what was read is written again: %j', (reasoning) => {
    const { thinking, effort, warnings } = encode(reasoning);
    expect(warnings).toEqual([]);
    expect(decodeReasoning({ thinking, output_config: { effort }, max_tokens: 4096 })).toEqual(reasoning);
  });

  it('statement 66: a budget of 10000 is forwarded', () => {
    expect(encode({ mode: 'enabled', budgetTokens: 10_000 }, 20_000).thinking).toEqual({
      type: 'enabled',
      budget_tokens: 10_000,
    });
  });

  it('row 36: says "disabled" for effort none, because some models think by default', () => {
    expect(encode({ effort: 'none' })).toEqual({ thinking: { type: 'disabled' }, warnings: [] });
  });

  it('row 35: an effort asks for adaptive thinking that is shown, or a budget where the model knows no efforts', () => {
    expect(encode({ effort: 'xhigh' })).toEqual({
      thinking: { type: 'adaptive', display: 'summarized' },
      effort: 'xhigh',
      warnings: [],
    });
    expect(encode({ effort: 'minimal' }).effort).toBe('low');
    expect(encode({ effort: 'low', display: 'omitted' }).thinking).toEqual({
      type: 'adaptive',
      display: 'omitted',
    });
    expect(encode({ effort: 'medium' }, 10_000, { style: 'budget' })).toEqual({
      thinking: { type: 'enabled', budget_tokens: 5_000 },
      warnings: [],
    });
  });

  it('row 35: a budget becomes an effort, with a warning, where the model takes none', () => {
    expect(encode({ mode: 'enabled', budgetTokens: 2_000 }, 4_096, { style: 'adaptive' })).toEqual({
      thinking: { type: 'adaptive', display: 'summarized' },
      effort: 'low',
      warnings: [expect.stringMatching(/^reasoning: the budget/)],
    });
  });

  it('row 30: keeps a budget between 1024 and the limit, and says so', () => {
    expect(encode({ budgetTokens: 9_000 })).toMatchObject({
      thinking: { budget_tokens: 4_095 },
      warnings: [expect.stringContaining('4095')],
    });
    expect(encode({ budgetTokens: 10 })).toMatchObject({
      thinking: { budget_tokens: 1_024 },
      warnings: [expect.any(String)],
    });
  });

  it('takes a share of the limit when thinking is on without a budget', () => {
    expect(encode({ mode: 'enabled', effort: 'high' }, 10_000).thinking).toEqual({
      type: 'enabled',
      budget_tokens: 8_000,
    });
  });

  it('rows 20 and 30: drops thinking with a warning where it cannot be: a limit too small, a forced tool', () => {
    expect(encode({ mode: 'enabled', budgetTokens: 1_024 }, 1_024)).toEqual({
      warnings: [expect.stringContaining('1024')],
    });
    expect(
      encode({ mode: 'enabled', budgetTokens: 2_048 }, 4_096, { toolChoice: { kind: 'required' } }),
    ).toEqual({ warnings: [expect.stringMatching(/^reasoning was dropped/)] });
  });
});
