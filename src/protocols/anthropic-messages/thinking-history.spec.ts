import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ContentPart, Message } from '../completion.js';
import { ObjectText, spliceMembers } from '../json-splice.js';
import type { WireQuirks } from '../protocol.js';
import { anthropicMessages } from './index.js';
import { encodeRequest } from './request-encode.js';

const user: Message = { role: 'user', content: [{ type: 'text', text: 'go' }] };
const call: ContentPart = { type: 'tool-call', id: 't1', name: 'add', arguments: '{}' };
const thought: ContentPart = { type: 'thinking', text: 'hm', signature: { issuer: 'anthropic', value: 's' } };
const answered: Message = { role: 'tool', content: [{ type: 'tool-result', callId: 't1', content: [] }] };
const turn = (...content: ContentPart[]): Message => ({ role: 'assistant', content });

const encode = (messages: Message[], quirks: WireQuirks = {}) => {
  const request: CompletionRequest = {
    model: 'm',
    messages,
    stream: false,
    maxOutputTokens: 4_096,
    reasoning: { mode: 'enabled', budgetTokens: 2_048 },
    tools: [{ kind: 'function', name: 'add' }],
    routing: {},
    warnings: [],
  };
  return encodeRequest(request, { upstreamModel: 'claude-x', quirks, issuer: 'anthropic' });
};

describe('thinking with a budget and the history it demands', () => {
  it('row 38: a tool call that is led by its thinking keeps both', () => {
    const { body, warnings } = encode([user, turn(thought, call), answered]);
    expect(body['thinking']).toEqual({ type: 'enabled', budget_tokens: 2_048 });
    expect(warnings).toEqual([]);
  });

  it('row 38: a tool call that came back without its thinking turns thinking off, and says so', () => {
    const { body, warnings } = encode([user, turn(call), answered]);
    expect(body['thinking']).toEqual({ type: 'disabled' });
    expect(warnings).toEqual([expect.stringMatching(/^reasoning was dropped: an earlier tool call/)]);
  });

  it('row 38: calls of earlier turns may lack it', () => {
    const { body, warnings } = encode([
      user,
      turn(call),
      answered,
      turn({ type: 'text', text: 'done' }),
      user,
    ]);
    expect(body['thinking']).toEqual({ type: 'enabled', budget_tokens: 2_048 });
    expect(warnings).toEqual([]);
  });

  it('row 38: a turn that its thinking leads keeps it, though later calls came without', () => {
    const { body, warnings } = encode([user, turn(thought, call), answered, turn(call), answered]);
    expect(body['thinking']).toEqual({ type: 'enabled', budget_tokens: 2_048 });
    expect(warnings).toEqual([]);
  });

  it('row 38: words of the user beside a result begin no turn', () => {
    const { body } = encode([user, turn(call), answered, user]);
    expect(body['thinking']).toEqual({ type: 'disabled' });
  });

  it('row 38: a model that chooses its own depth takes such a history', () => {
    const { body } = encode([user, turn(call), answered], { thinking: 'adaptive' });
    expect(body['thinking']).toMatchObject({ type: 'adaptive' });
  });
});

describe("thinking with a budget in a Messages caller's own bytes", () => {
  const ask = { role: 'user', content: 'go' };
  const use = { type: 'tool_use', id: 't1', name: 'add', input: {} };
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: '3' }] };
  const said = (...content: JsonObject[]): JsonObject => ({ role: 'assistant', content });
  const thinkingOf = (signature: string): JsonObject => ({ type: 'thinking', thinking: 'hm', signature });
  const enabled = { type: 'enabled', budget_tokens: 2_048 };

  const send = (messages: JsonObject[], more: JsonObject = {}) => {
    const text = JSON.stringify({ model: 'm', max_tokens: 4_096, thinking: enabled, messages, ...more });
    const request = anthropicMessages.decodeRequest(JSON.parse(text) as JsonObject, 'standard');
    const target = { upstreamModel: 'claude-x', quirks: {}, issuer: 'anthropic' };
    const changes = anthropicMessages.passthrough.requestChanges(request, target, new ObjectText(text));
    const body = JSON.parse(spliceMembers(text, changes)) as JsonObject;
    return { body, warnings: changes.warnings };
  };
  const reason = expect.stringMatching(/^reasoning was dropped: an earlier tool call/);

  it.each([
    ['thought by another model', [thinkingOf('openai:abc')]],
    ['without any thought', []],
  ])('rows 38 and 42: a call %s turns it off, and says so', (_kind, thoughts) => {
    const { body, warnings } = send([ask, said(...thoughts, use), result]);
    expect(body['thinking']).toEqual({ type: 'disabled' });
    expect(warnings).toEqual(expect.arrayContaining([reason]));
    expect(body['messages']).toEqual([ask, said(use), result]);
  });

  it('row 38: its own turns keep it, also those of which only the first call was thought about', () => {
    for (const own of [
      [ask, said(thinkingOf('c2ln'), use), result],
      [ask, said({ type: 'redacted_thinking', data: 'c2ln' }, use), result],
      [ask, said(thinkingOf('c2ln'), use), result, said(use), result],
      [ask, said(use), result, said({ type: 'text', text: '3' }), ask],
    ]) {
      const { body, warnings } = send(own);
      expect([body['thinking'], body['messages'], warnings]).toEqual([enabled, own, []]);
    }
  });

  it('row 38: a caller who wants none, or leaves the depth to the model, keeps its bytes', () => {
    for (const thinking of [{ type: 'disabled' }, { type: 'adaptive' }])
      expect(send([ask, said(use), result], { thinking }).body['thinking']).toEqual(thinking);
  });

  it('what clears thinking from the context goes with it, because Anthropic refuses it alone', () => {
    const clear = { type: 'clear_thinking_20251015', keep: 'all' };
    const uses = { type: 'clear_tool_uses_20250919' };
    const history = [ask, said(use), result];
    const { body, warnings } = send(history, { context_management: { edits: [clear, uses] } });
    expect(body['context_management']).toEqual({ edits: [uses] });
    expect(warnings).toEqual([reason, 'context_management.edits was dropped: there is no thinking to clear']);
    const alone = send(history, { context_management: { edits: [clear] } });
    expect(alone.body).not.toHaveProperty('context_management');
    const kept = { edits: [clear] };
    expect(send([ask], { context_management: kept }).body['context_management']).toEqual(kept);
  });
});
