import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest } from '../completion.js';
import { ToolNames } from '../tool-names.js';
import { decodeToolChoice, decodeTools, encodeTools } from './tools.js';

const schema = {
  $schema: 'x',
  type: 'object',
  properties: { z: {}, a: {} },
  required: ['z'],
  additionalProperties: false,
};
const tool = { name: 'add', description: 'Adds.', input_schema: schema };

const request = (changes: Partial<CompletionRequest>): CompletionRequest => ({
  model: 'm',
  messages: [],
  stream: false,
  routing: {},
  warnings: [],
  ...changes,
});

const functions = decodeTools({ tools: [tool] });

describe('tools', () => {
  it('statement 65: a tool without a type, and with type custom, is a function', () => {
    const wanted = { kind: 'function', name: 'add', description: 'Adds.', parameters: schema };
    expect(functions).toEqual([wanted]);
    expect(decodeTools({ tools: [{ ...tool, type: 'custom' }] })).toEqual([wanted]);
  });

  it('any other type is a server tool, kept as it came', () => {
    const raw = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 };
    expect(decodeTools({ tools: [raw] })).toEqual([{ kind: 'server', protocol: 'anthropic-messages', raw }]);
  });

  it('statement 49: octen_search needs its name', () => {
    expect(decodeTools({ tools: [{ type: 'octen_search', name: 'octen_search' }] })).toHaveLength(1);
    expect(() => decodeTools({ tools: [{ type: 'octen_search' }] })).toThrow('tools.0.name');
  });

  it.each<[string, JsonObject]>([
    ['tools.0.name', { input_schema: schema }],
    ['tools.0.input_schema', { name: 'add' }],
    ['tools.0.strict', { ...tool, strict: 'yes' }],
    ['tools.0.description', { ...tool, description: 1 }],
    ['tools.0.type', { ...tool, type: 1 }],
  ])('a tool with a wrong %s is refused', (field, raw) => {
    expect(() => decodeTools({ tools: [raw] })).toThrow(field);
  });

  it('row 27: what was read is written again, key order and vendor members included', () => {
    const full = {
      ...tool,
      strict: true,
      defer_loading: true,
      cache_control: { type: 'ephemeral', ttl: '1h' },
    };
    const { tools, warnings } = encodeTools(request({ tools: decodeTools({ tools: [full] }) }));
    expect(JSON.stringify(tools)).toBe(JSON.stringify([full]));
    expect(warnings).toEqual([]);
  });

  it('a function without parameters gets the empty object schema that Anthropic demands', () => {
    const { tools } = encodeTools(request({ tools: [{ kind: 'function', name: 'now' }] }));
    expect(tools).toEqual([{ name: 'now', input_schema: { type: 'object', properties: {} } }]);
  });

  it('row 50: a server tool of another protocol, and our own search, never go upstream', () => {
    const foreign = {
      kind: 'server' as const,
      protocol: 'openai-responses' as const,
      raw: { type: 'web_search' },
    };
    const search = {
      kind: 'server' as const,
      protocol: 'anthropic-messages' as const,
      raw: { type: 'octen_search' },
    };
    expect(encodeTools(request({ tools: [foreign, search] }))).toMatchObject({
      tools: [],
      warnings: [expect.stringContaining('web_search'), expect.stringContaining('octen_search')],
    });
  });
});

describe('tool choice', () => {
  it.each<JsonObject>([
    { type: 'auto', disable_parallel_tool_use: true },
    { type: 'any' },
    { type: 'any', disable_parallel_tool_use: false },
    { type: 'tool', name: 'add' },
    { type: 'none' },
  ])('rows 19 and 22: is read and written again: %j', (choice) => {
    const { toolChoice } = encodeTools(
      request({ tools: functions, ...decodeToolChoice({ tool_choice: choice }) }),
    );
    expect(toolChoice).toEqual(choice);
  });

  it.each<[string, JsonObject]>([
    ['tool_choice.type', {}],
    ['tool_choice.type', { type: 'required' }],
    ['tool_choice.name', { type: 'tool' }],
    ['tool_choice.disable_parallel_tool_use', { type: 'auto', disable_parallel_tool_use: 1 }],
  ])('a wrong %s is refused', (field, choice) => {
    expect(() => decodeToolChoice({ tool_choice: choice })).toThrow(field);
  });

  it('row 22: no parallel calls without a choice becomes auto with the switch', () => {
    const { toolChoice } = encodeTools(request({ tools: functions, parallelToolCalls: false }));
    expect(toolChoice).toEqual({ type: 'auto', disable_parallel_tool_use: true });
  });

  it('row 19: a choice among some tools is said by sending those alone', () => {
    const other = { kind: 'function' as const, name: 'other' };
    const { tools, toolChoice, warnings } = encodeTools(
      request({ tools: [...(functions ?? []), other], toolChoice: { kind: 'required', allowed: ['other'] } }),
    );
    expect([tools?.map((sent) => sent['name']), toolChoice, warnings]).toEqual([
      ['other'],
      { type: 'any' },
      [],
    ]);
  });

  it('row 12: a name that Messages does not take is rewritten in the tool and in the choice', () => {
    const names = new ToolNames();
    const dotted = { kind: 'function' as const, name: 'weather.get' };
    const { tools, toolChoice } = encodeTools(
      request({ tools: [dotted], toolChoice: { kind: 'tool', name: 'weather.get' } }),
      names,
    );
    expect(tools?.[0]?.['name']).toMatch(/^weather_get_[0-9a-f]{8}$/);
    expect(toolChoice).toEqual({ type: 'tool', name: tools?.[0]?.['name'] });
    expect([...(names.given ?? [])]).toEqual([[tools?.[0]?.['name'], 'weather.get']]);
  });

  it('row 25: a strict tool keeps only constraints that decoding enforces, and says which it lost', () => {
    const parameters = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } };
    const { tools, warnings } = encodeTools(
      request({ tools: [{ kind: 'function', name: 'roll', strict: true, parameters }] }),
    );
    expect(tools?.[0]?.['input_schema']).toEqual({
      type: 'object',
      properties: { n: { type: 'integer', description: '{minimum: 1}' } },
      additionalProperties: false,
    });
    expect(warnings).toEqual([expect.stringMatching(/^tools\.roll: minimum/)]);
  });

  it('row 19: a choice without tools is dropped with a warning', () => {
    const encoded = encodeTools(request({ toolChoice: { kind: 'required' } }));
    expect(encoded).toEqual({ warnings: [expect.stringContaining('tool_choice')] });
  });
});
