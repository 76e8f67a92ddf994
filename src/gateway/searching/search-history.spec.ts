import { anthropicMessages } from '../../protocols/anthropic-messages/index.js';
import type { CompletionRequest } from '../../protocols/completion.js';
import type { JsonObject } from '../../core/json.js';
import { replaySearches } from './search-history.js';

const words = anthropicMessages.search as NonNullable<typeof anthropicMessages.search>;
const page = (number: number) => ({
  title: `Page ${number}`,
  url: `https://p${number}.example/`,
  highlights: 'x',
});
const blocks = words.blocks([
  { id: 'srvtoolu_1', query: 'tea', pages: [page(1)], failed: false },
  { id: 'srvtoolu_2', query: 'coffee', pages: [page(2)], failed: false },
]);
const request = (content: JsonObject[]): CompletionRequest =>
  anthropicMessages.decodeRequest(
    {
      model: 'm',
      max_tokens: 10,
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content },
        { role: 'user', content: 'and?' },
      ],
    },
    'standard',
  );
const replayed = (content: JsonObject[], isOffered = true) =>
  replaySearches(request(content), words, isOffered);
const shape = (given: CompletionRequest) =>
  given.messages.map(({ role, content }) => [role, ...content.map((part) => part.type)]);

describe('a replayed history with searches', () => {
  it('becomes calls and their results, in turns that every upstream understands', () => {
    const { request: given, pages } = replayed([
      { type: 'text', text: 'Let me look.' },
      ...blocks,
      { type: 'text', text: 'Hot [1].' },
    ]);
    expect(shape(given)).toEqual([
      ['user', 'text'],
      ['assistant', 'text', 'tool-call', 'tool-call'],
      ['tool', 'tool-result', 'tool-result'],
      ['assistant', 'text'],
      ['user', 'text'],
    ]);
    expect(given.messages[1]?.content[1]).toMatchObject({
      id: 'srvtoolu_1',
      name: 'octen_search',
      arguments: '{"query":"tea"}',
    });
    const results = JSON.stringify(given.messages[2]?.content);
    expect(results).toContain('[1] Page 1');
    expect(results).toContain('[2] Page 2');
    expect(given.replacesMessages).toBe(true);
    expect(pages.map(({ title }) => title)).toEqual(['Page 1', 'Page 2']);
  });

  it('keeps a custom call with its result behind the search', () => {
    const { request: given } = replayed([
      ...blocks.slice(0, 2),
      { type: 'tool_use', id: 'toolu_9', name: 'weather', input: {} },
    ]);
    expect(shape(given).slice(1, 4)).toEqual([
      ['assistant', 'tool-call'],
      ['tool', 'tool-result'],
      ['assistant', 'tool-call'],
    ]);
  });

  it('becomes text where the tool is not declared', () => {
    const { request: given } = replayed([...blocks, { type: 'text', text: 'Hot.' }], false);
    expect(shape(given)[1]).toEqual(['assistant', 'text', 'text', 'text']);
    expect(JSON.stringify(given.messages[1])).toContain('Page 2');
  });

  it('tells of a search that had failed, and leaves out a call without a result', () => {
    const [failed] = [words.blocks([{ id: 'srvtoolu_1', query: 'tea', pages: [], failed: true }])];
    expect(replayed(failed).request.messages[2]?.content).toMatchObject([{ isError: true }]);
    expect(shape(replayed([...blocks.slice(0, 1), { type: 'text', text: 'x' }]).request)[1]).toEqual([
      'assistant',
      'text',
    ]);
  });

  it("leaves a vendor's own server tools, and a history without any, as they are", () => {
    const vendor = [
      { type: 'server_tool_use', id: 'srvtoolu_7', name: 'web_search', input: { query: 'tea' } },
      { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_7', content: [] },
    ];
    const given = request(vendor);
    expect(replaySearches(given, words, true).request).toBe(given);
  });
});
