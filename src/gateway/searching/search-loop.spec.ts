import type { CompletionRequest, ContentPart } from '../../protocols/completion.js';
import { finalReason, SEARCH_FUNCTION, SearchLoop } from './search-loop.js';
import type { Turn } from './turn-builder.js';

const SEARCH = { kind: 'server' as const, protocol: 'openai-chat' as const, raw: { type: 'octen_search' } };
const WEATHER = { kind: 'function' as const, name: 'weather' };
const asked = (over: Partial<CompletionRequest> = {}): CompletionRequest => ({
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
  stream: false,
  tools: [SEARCH],
  routing: {},
  warnings: [],
  ...over,
});
const call = (name: string, id: string, args = '{"query":"tea"}'): ContentPart => ({
  type: 'tool-call',
  id,
  name,
  arguments: args,
});
const turn = (...content: ContentPart[]): Turn => ({ content, finishReason: 'tool-calls' });
const answer = (callId: string) => ({ callId, text: 'found', failed: false });

describe('an answer with searches', () => {
  it('statement 50: offers the model an ordinary function in the place of the tool', () => {
    const { tools, replacesTools } = new SearchLoop(asked({ tools: [WEATHER, SEARCH] }), 5, 100).request();
    expect([tools, replacesTools]).toEqual([[WEATHER, SEARCH_FUNCTION], true]);
    const cached = { ...SEARCH, raw: { ...SEARCH.raw, cache_control: { type: 'ephemeral', ttl: '1h' } } };
    expect(new SearchLoop(asked({ tools: [cached] }), 5, 100).request().tools).toEqual([
      { ...SEARCH_FUNCTION, cacheControl: { ttl: '1h' } },
    ]);
  });

  it('runs what the model asks for and goes on with the results in its history', () => {
    const loop = new SearchLoop(asked(), 5, 100);
    const said = turn({ type: 'thinking', text: 'hm' }, call('octen_search', 'a'));
    expect(loop.decide(said, 10)).toEqual({
      searches: [{ callId: 'a', query: 'tea' }],
      refusals: [],
      goesOn: true,
    });
    loop.append(said, [answer('a')]);
    const { messages, maxOutputTokens, replacesMessages } = loop.request();
    expect(messages.slice(1)).toEqual([
      { role: 'assistant', content: said.content },
      {
        role: 'tool',
        content: [{ type: 'tool-result', callId: 'a', content: [{ type: 'text', text: 'found' }] }],
      },
    ]);
    expect([maxOutputTokens, replacesMessages]).toEqual([90, true]);
  });

  it('statement 53: max_searches bounds searches, those beside each other and those that cannot be run included', () => {
    const loop = new SearchLoop(asked(), 3, 100);
    const first = turn(call('octen_search', 'a'), call('octen_search', 'b', 'not json'));
    expect(loop.decide(first, 1)).toMatchObject({ searches: [{ callId: 'a' }], refusals: [{ callId: 'b' }] });
    loop.append(first, [answer('a'), { callId: 'b', text: 'x', failed: true }]);
    const second = turn(call('octen_search', 'c'), call('octen_search', 'd'));
    expect(loop.decide(second, 1)).toMatchObject({
      searches: [{ callId: 'c' }],
      refusals: [{ callId: 'd', reason: expect.stringContaining('No more searches') as string }],
      goesOn: true,
    });
    loop.append(second, [answer('c')]);
    expect(loop.isOpen).toBe(false);
    expect(loop.request().toolChoice).toEqual({ kind: 'none' });
    expect(loop.decide(turn(call('octen_search', 'e')), 1)).toEqual({
      searches: [],
      refusals: [],
      goesOn: false,
    });
  });

  it('keeps custom functions when no search is left', () => {
    const loop = new SearchLoop(asked({ tools: [WEATHER, SEARCH] }), 1, 100);
    const said = turn(call('octen_search', 'a'));
    loop.decide(said, 1);
    loop.append(said, [answer('a')]);
    expect(loop.request()).toMatchObject({ tools: [WEATHER] });
    expect(loop.request().toolChoice).toBeUndefined();
  });

  it('statement 55: a custom call ends the turn, and the search beside it is run', () => {
    const loop = new SearchLoop(asked({ tools: [WEATHER, SEARCH] }), 5, 100);
    const mixed = turn(call('octen_search', 'a'), call('weather', 'w', '{}'));
    expect(loop.decide(mixed, 1)).toMatchObject({ searches: [{ callId: 'a' }], goesOn: false });
    expect(finalReason(mixed)).toBe('tool-calls');
    expect(finalReason(turn(call('octen_search', 'a')))).toBe('stop');
  });

  it('statement 54: a forced choice holds for the first call and is free afterwards', () => {
    for (const toolChoice of [{ kind: 'tool', name: 'octen_search' }, { kind: 'required' }] as const) {
      const loop = new SearchLoop(asked({ toolChoice }), 5, 100);
      expect(loop.request().toolChoice).toEqual(toolChoice);
      const said = turn(call('octen_search', 'a'));
      loop.decide(said, 1);
      loop.append(said, [answer('a')]);
      expect(loop.request().toolChoice).toEqual({ kind: 'auto' });
    }
  });

  it('searches no more once the turn was cut off or the output is used up', () => {
    const cutOff = { ...turn(call('octen_search', 'a', '{"que')), finishReason: 'length' as const };
    expect(new SearchLoop(asked(), 5, 100).decide(cutOff, 1).goesOn).toBe(false);
    expect(new SearchLoop(asked(), 5, 100).decide(turn(call('octen_search', 'a')), 100).searches).toEqual([]);
  });
});
