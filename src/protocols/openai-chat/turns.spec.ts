import fc from 'fast-check';
import type { JsonObject } from '../../core/json.js';
import type { ContentPart, Message } from '../completion.js';
import { encodeRequest } from './request-encode.js';

const text = (words: string) => ({ type: 'text' as const, text: words });
const call = (id: string) => ({ type: 'tool-call' as const, id, name: 'f', arguments: '{}' });
const result = (callId: string, content: Extract<ContentPart, { type: 'tool-result' }>['content']) => ({
  type: 'tool-result' as const,
  callId,
  content,
});
const image = {
  type: 'image' as const,
  source: { kind: 'base64' as const, mediaType: 'image/png', data: 'iVBORw0KGgo=' },
};
const user: Message = { role: 'user', content: [text('q')] };

const encoded = (messages: Message[], reasoningHistory?: 'reasoning_content'): JsonObject[] => {
  const request = { model: 'm', messages, stream: false, routing: {}, warnings: [] };
  const target = { upstreamModel: 'up', quirks: { reasoningHistory }, issuer: 'openai' };
  return encodeRequest(request, target).body['messages'] as JsonObject[];
};

/** Ids of the calls of a message. */
const callsOf = (message: JsonObject | undefined): unknown[] =>
  ((message?.['tool_calls'] ?? []) as JsonObject[]).map(({ id }) => id);

/** Turns of the model side by side, by what each holds: a text, a call, both or a thought. */
const RUNS = fc.array(
  fc.array(fc.subarray(['thought', 'text', 'call'], { minLength: 1 }), { minLength: 1, maxLength: 4 }),
  { maxLength: 4 },
);

/** A history of such turns; the results of each run come one by one, as the caller sent them. */
function historyOf(runs: readonly string[][][]): Message[] {
  let number = 0;
  return runs.flatMap((run): Message[] => {
    const turns = run.map((kinds): Message => ({
      role: 'assistant',
      content: kinds.map((kind): ContentPart => {
        number += 1;
        if (kind === 'call') return call(`c${number}`);
        return kind === 'text' ? text(`t${number}`) : { type: 'thinking', text: `r${number}` };
      }),
    }));
    const calls = turns.flatMap(({ content }) => content.filter((part) => part.type === 'tool-call'));
    const results = calls.map(({ id }): Message => ({ role: 'tool', content: [result(id, [image])] }));
    return [user, ...turns, ...results];
  });
}

describe('row 4: turns that stand side by side', () => {
  it('are answered call by call right behind them, whatever is in them, and lose nothing', () => {
    fc.assert(
      fc.property(RUNS, (runs) => {
        const history = historyOf(runs);
        const messages = encoded(history, 'reasoning_content');
        messages.forEach((message, index) => {
          const calls = callsOf(message);
          const behind = messages.slice(index + 1, index + 1 + calls.length);
          expect(behind.map((tool) => tool['tool_call_id'])).toEqual(calls);
          if (message['role'] === 'tool') expect(messages[index - 1]?.['role']).not.toBe('user');
        });
        const wire = JSON.stringify(messages);
        const parts = history.flatMap(({ role, content }) => (role === 'assistant' ? content : []));
        for (const part of parts)
          expect(wire).toContain(part.type === 'tool-call' ? part.id : (part as { text: string }).text);
      }),
    );
  });

  it('are one message with all calls, their reasoning, and their texts apart', () => {
    const turns: Message[] = [
      { role: 'assistant', content: [{ type: 'thinking', text: 'Hm.' }, text('One.'), call('a')] },
      { role: 'assistant', content: [text('Two.'), call('b')] },
      { role: 'tool', content: [result('a', [text('A')])] },
      { role: 'tool', content: [result('b', [text('B')])] },
    ];
    expect(encoded([user, ...turns], 'reasoning_content').slice(1)).toMatchObject([
      {
        role: 'assistant',
        content: 'One.\n\nTwo.',
        reasoning_content: 'Hm.',
        tool_calls: [{ id: 'a' }, { id: 'b' }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'A' },
      { role: 'tool', tool_call_id: 'b', content: 'B' },
    ]);
  });

  it("stay apart where they are the user's", () => {
    expect(encoded([user, user])).toHaveLength(2);
  });
});
