import type { JsonObject } from '../../core/json.js';
import { decodeRequest } from './request-decode.js';
import { portable } from './portable.js';

const move = (more: JsonObject) =>
  portable(
    decodeRequest(
      { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }], ...more },
      'standard',
    ),
  );

const tool = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  input_schema: { type: 'object' },
  ...more,
});
const deferred = (name: string): JsonObject => tool(name, { defer_loading: true });
const reference = { type: 'tool_reference', tool_name: 'WebSearch' };
const found = {
  role: 'user',
  content: [
    { type: 'tool_result', tool_use_id: 't', content: [reference] },
    { type: 'text', text: 'go on' },
  ],
};

const namesOf = (moved: ReturnType<typeof move>) =>
  moved.request.tools?.map((sent) => (sent.kind === 'function' ? sent.name : sent.raw['type']));

describe('a Messages request for an upstream of another protocol', () => {
  it('row 18: a reference becomes words, and the tool it names is sent; others wait to be found', () => {
    const tools = [tool('Read'), deferred('WebSearch'), deferred('Placeholder')];
    const before = move({ tools });
    expect(namesOf(before)).toEqual(['Read']);
    const after = move({ tools, messages: [{ role: 'user', content: 'hi' }, found] });
    expect(namesOf(after)).toEqual(['Read', 'WebSearch']);
    expect(after.request.messages[1]?.content[0]).toMatchObject({
      content: [{ type: 'text', text: 'Tool now available: WebSearch' }],
    });
    expect([before.warnings, after.warnings]).toEqual([[], []]);
  });

  it("row 18: with Anthropic's own tool search every deferred tool is sent, because nobody else could find them", () => {
    const search = { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' };
    expect(namesOf(move({ tools: [search, deferred('a'), deferred('b')] }))).toEqual([search.type, 'a', 'b']);
  });

  it('row 18: tools that are added and removed on the way are sent as they stand at the end', () => {
    const change = (type: string, changed: JsonObject): JsonObject => ({
      role: 'system',
      content: [{ type, tool: changed }],
    });
    const definition = { type: 'tool_definition', definition: tool('New') };
    const moved = move({
      tools: [tool('Old'), deferred('Late')],
      messages: [
        { role: 'user', content: 'hi' },
        change('tool_addition', definition),
        change('tool_addition', { type: 'tool_reference', name: 'Late' }),
        change('tool_removal', { type: 'tool_reference', name: 'Old' }),
      ],
    });
    expect(namesOf(moved)).toEqual(['Late', 'New']);
    expect(moved.request.messages.slice(1).map(({ content }) => content)).toEqual([
      [{ type: 'text', text: 'Tool now available: New' }],
      [{ type: 'text', text: 'Tool now available: Late' }],
      [{ type: 'text', text: 'Tool no longer available: Old' }],
    ]);
  });

  it('row 18: members of a tool that only Anthropic knows are named', () => {
    const { warnings } = move({ tools: [tool('a', { input_examples: [{}], eager_input_streaming: true })] });
    expect(warnings).toEqual([
      expect.stringMatching(/^tools\.eager_input_streaming was dropped/),
      expect.stringMatching(/^tools\.input_examples was dropped/),
    ]);
  });

  it('row 15: a search result becomes text', () => {
    const result = {
      type: 'search_result',
      source: 'https://example.com/a',
      title: 'A',
      content: [{ type: 'text', text: 'words' }],
    };
    expect(move({ messages: [{ role: 'user', content: [result] }] }).request.messages[0]?.content).toEqual([
      { type: 'text', text: 'A\nhttps://example.com/a\n\nwords' },
    ]);
  });

  it('row 48: members that only Anthropic understands are named', () => {
    const { warnings } = move({ context_management: { edits: [] }, mcp_servers: [], service_tier: 'auto' });
    expect(warnings).toEqual([
      expect.stringMatching(/^context_management was dropped/),
      expect.stringMatching(/^mcp_servers was dropped/),
    ]);
  });

  it.each<[string, JsonObject]>([
    ['container', { container: 'container_1' }],
    [
      'messages',
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] },
    ],
    ['messages', { messages: [{ role: 'user', content: [{ type: 'container_upload', file_id: 'f' }] }] }],
  ])('row 49: state that only Anthropic keeps is refused, never ignored (%s)', (param, more) => {
    expect(() => move(more)).toThrow(
      expect.objectContaining({ kind: 'invalid_request', details: expect.objectContaining({ param }) }),
    );
  });
});
