import type { CompletionRequest, ContentPart, Message } from '../completion.js';
import type { WireQuirks } from '../protocol.js';
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

  it('row 38: a model that chooses its own depth takes such a history', () => {
    const { body } = encode([user, turn(call), answered], { thinking: 'adaptive' });
    expect(body['thinking']).toMatchObject({ type: 'adaptive' });
  });
});
