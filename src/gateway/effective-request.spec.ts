import { buildModel } from '../../test/support/builders/ticket.builder.js';
import type { CompatibilityProfile } from '../core/compatibility.js';
import { anthropicMessages } from '../protocols/anthropic-messages/index.js';
import type { CompletionRequest } from '../protocols/completion.js';
import { openaiChat } from '../protocols/openai-chat/index.js';
import type { Protocol } from '../protocols/protocol.js';
import { effectiveRequest } from './effective-request.js';

const request = (over: Partial<CompletionRequest> = {}): CompletionRequest => ({
  model: 'vendor/model',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
  stream: false,
  routing: {},
  warnings: ['noted before'],
  ...over,
});
const rules = (protocol: Protocol = openaiChat, profile: CompatibilityProfile = 'standard') => ({
  protocol,
  profile,
});

describe('the request as the model can take it', () => {
  it('loses the parameters that the model lacks, and says so for each', () => {
    const model = buildModel({ capabilities: ['temperature', 'tools'] });
    const asked = request({ temperature: 0.5, topK: 4, seed: 7, maxOutputTokens: 10 });
    const { request: kept, dropped } = effectiveRequest(asked, model, rules());
    expect(dropped.sort()).toEqual(['seed', 'topK']);
    expect(kept).toMatchObject({ temperature: 0.5, maxOutputTokens: 10 });
    expect(kept).not.toHaveProperty('topK');
    expect(kept.warnings).toEqual([
      'noted before',
      '"top_k" is not supported by vendor/model and was ignored',
      '"seed" is not supported by vendor/model and was ignored',
    ]);
  });

  it('loses what belongs to tools together with them', () => {
    const model = buildModel({ capabilities: ['temperature'] });
    const tools = [{ kind: 'function' as const, name: 'f' }];
    const asked = request({ tools, toolChoice: { kind: 'required' }, parallelToolCalls: true });
    const { request: kept, dropped } = effectiveRequest(asked, model, rules());
    for (const name of ['tools', 'toolChoice', 'parallelToolCalls']) expect(kept).not.toHaveProperty(name);
    expect(dropped).toEqual(['tools', 'toolChoice', 'parallelToolCalls']);
    expect(kept.warnings).toHaveLength(2);
  });

  it('keeps everything where nothing is known of the model', () => {
    const asked = request({ temperature: 1, topK: 4, logprobs: true, user: 'u', choiceCount: 2 });
    expect(effectiveRequest(asked, buildModel(), rules())).toEqual({ request: asked, dropped: [] });
  });

  it('keeps who asks and how many answers are wanted, whatever the model', () => {
    const model = buildModel({ capabilities: ['temperature'] });
    const asked = request({ user: 'u', metadata: { a: '1' }, choiceCount: 2 });
    expect(effectiveRequest(asked, model, rules()).request).toMatchObject({ user: 'u', choiceCount: 2 });
  });

  it('does not change the request it was given', () => {
    const asked = request({ topK: 4 });
    effectiveRequest(asked, buildModel({ capabilities: ['temperature'] }), rules());
    expect(asked).toEqual(request({ topK: 4 }));
  });
});

describe('an output limit that nobody gave', () => {
  const limitOf = (
    protocol: Protocol,
    profile: CompatibilityProfile,
    model = buildModel(),
  ): number | undefined =>
    effectiveRequest(request(), model, rules(protocol, profile)).request.maxOutputTokens;

  it('is not made up where the protocol does without', () => {
    for (const profile of ['standard', 'octen', 'octopusx', 'cortecs'] as const)
      expect(limitOf(openaiChat, profile, buildModel({ defaultMaxTokens: 50 }))).toBeUndefined();
  });

  it('is refused on Messages in the profiles that demand it', () => {
    for (const profile of ['standard', 'octen'] as const)
      expect(() => limitOf(anthropicMessages, profile)).toThrow('max_tokens is required');
  });

  it("is the model's default, else 8,192, never above the model's maximum, in the others", () => {
    for (const profile of ['octopusx', 'cortecs'] as const) {
      expect(limitOf(anthropicMessages, profile, buildModel({ defaultMaxTokens: 50 }))).toBe(50);
      expect(limitOf(anthropicMessages, profile, buildModel({ maxOutputTokens: 64_000 }))).toBe(8_192);
      expect(limitOf(anthropicMessages, profile, buildModel({ maxOutputTokens: 4_096 }))).toBe(4_096);
    }
    expect(limitOf(anthropicMessages, 'standard', buildModel({ defaultMaxTokens: 50 }))).toBe(50);
  });
});
