import { FaregateError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { ObjectText, spliceMembers } from '../protocols/json-splice.js';
import { openaiChat } from '../protocols/openai-chat/index.js';
import type { EncodeTarget } from '../protocols/protocol.js';
import { quirksOf } from './provider.js';
import { getAdapter } from './registry.js';

interface Sent {
  body: JsonObject;
  warnings: string[];
}

const targetOf = (adapter: string, model: string): EncodeTarget => {
  const { issuer } = getAdapter(adapter);
  return { upstreamModel: model, quirks: quirksOf(getAdapter(adapter), model), issuer };
};

const HELLO = [{ role: 'user', content: 'hi' }];

/** What a vendor is sent for a Chat body, said anew and verbatim: both must agree on everything a test looks at. */
function sent(adapter: string, model: string, fields: JsonObject): [Sent, Sent] {
  const given: JsonObject = { model: 'ours', messages: HELLO, ...fields };
  const request = openaiChat.decodeRequest(given, 'octen');
  const target = targetOf(adapter, model);
  const {
    set,
    remove,
    warnings = [],
  } = openaiChat.passthrough.requestChanges(request, target, new ObjectText(JSON.stringify(given)));
  const verbatim = JSON.parse(spliceMembers(JSON.stringify(given), { set, remove })) as JsonObject;
  return [openaiChat.encodeRequest(request, target), { body: verbatim, warnings }];
}

/** Expects members in the body on both roads; undefined means that the member must not be there. */
function expectMembers(adapter: string, model: string, fields: JsonObject, expected: object): void {
  for (const { body } of sent(adapter, model, fields)) {
    const seen = Object.fromEntries(Object.keys(expected).map((name) => [name, body[name]]));
    expect({ adapter, model, ...seen }).toEqual({ adapter, model, ...expected });
  }
}

const callTurn = (id: string, more: JsonObject = {}): JsonObject[] => [
  { role: 'user', content: 'add' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [{ id, type: 'function', function: { name: 'add', arguments: '{}' } }],
    ...more,
  },
  { role: 'tool', tool_call_id: id, content: '3' },
];

const assistantOf = (body: JsonObject): JsonObject => (body['messages'] as JsonObject[])[1] as JsonObject;

describe('roles and limits', () => {
  it.each([
    ['openai', 'developer'],
    ['azure', 'developer'],
    ['moonshot', 'system'],
    ['minimax', 'system'],
    ['qwen', 'system'],
    ['deepseek', 'system'],
    ['xai', 'system'],
    ['groq', 'system'],
    ['mistral', 'system'],
    ['openrouter', 'system'],
    ['ollama', 'system'],
    ['vllm', 'system'],
    ['llama-cpp', 'system'],
    ['zai', 'system'],
  ])('row 3: %s is given instructions as %s', (adapter, role) => {
    const messages = [{ role: 'developer', content: 'be brief' }, ...HELLO];
    for (const { body } of sent(adapter, 'm', { messages })) {
      expect((body['messages'] as JsonObject[])[0]).toEqual({ role, content: 'be brief' });
    }
  });

  it.each([
    ['groq', 'max_completion_tokens'],
    ['xai', 'max_completion_tokens'],
    ['minimax', 'max_completion_tokens'],
    ['vllm', 'max_completion_tokens'],
    ['moonshot', 'max_tokens'],
    ['mistral', 'max_tokens'],
    ['deepseek', 'max_tokens'],
    ['qwen', 'max_tokens'],
    ['ollama', 'max_tokens'],
    ['llama-cpp', 'max_tokens'],
  ])('row 30: %s reads the output limit as %s, and gets it once', (adapter, field) => {
    const other = field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
    for (const given of ['max_tokens', 'max_completion_tokens']) {
      expectMembers(adapter, 'm', { [given]: 77 }, { [field]: 77, [other]: undefined });
    }
  });

  it('row 67: usage is asked for on every stream, except of Mistral, which refuses the field and sends it anyway', () => {
    const asked = { stream_options: { include_usage: true } };
    for (const adapter of ['openai', 'azure', 'moonshot', 'qwen', 'groq', 'vllm', 'ollama', 'llama-cpp']) {
      expectMembers(adapter, 'm', { stream: true }, asked);
    }
    const given = { stream: true, stream_options: { include_usage: true } };
    expectMembers('mistral', 'mistral-large-latest', given, { stream_options: undefined });
  });
});

describe('reasoning', () => {
  const rows: [string, string, JsonObject, object][] = [
    ['openai', 'gpt-5.5', { effort: 'high' }, { reasoning_effort: 'high' }],
    ['qwen', 'qwen3-max', { effort: 'low' }, { enable_thinking: true, thinking_budget: 4_096 }],
    ['qwen', 'qwen3-max', { max_tokens: 2_000 }, { enable_thinking: true, thinking_budget: 2_000 }],
    ['moonshot', 'kimi-k2.6', { enabled: true }, { thinking: { type: 'enabled' } }],
    ['zai', 'glm-5', { enabled: true }, { thinking: { type: 'enabled' } }],
    ['minimax', 'MiniMax-M3', { enabled: true }, { thinking: { type: 'adaptive' } }],
    [
      'deepseek',
      'deepseek-v4-pro',
      { effort: 'medium' },
      { thinking: { type: 'enabled' }, reasoning_effort: 'high' },
    ],
    ['xai', 'grok-3-mini', { effort: 'medium' }, { reasoning_effort: 'high' }],
    ['xai', 'grok-4', { effort: 'high' }, { reasoning_effort: undefined }],
    ['groq', 'openai/gpt-oss-120b', { effort: 'xhigh' }, { reasoning_effort: 'high' }],
    [
      'groq',
      'qwen/qwen3-32b',
      { effort: 'low' },
      { reasoning_effort: 'default', reasoning_format: 'parsed' },
    ],
    ['openrouter', 'x/y', { effort: 'low' }, { reasoning: { effort: 'low' }, reasoning_effort: undefined }],
    ['mistral', 'mistral-large-latest', { effort: 'low' }, { reasoning_effort: undefined }],
  ];
  it.each(rows)('row 35: %s %s is asked for %j as %j', (adapter, model, reasoning, expected) => {
    const gone = 'reasoning' in expected ? {} : { reasoning: undefined };
    expectMembers(adapter, model, { reasoning }, { ...gone, ...expected });
  });

  it.each([
    ['openai', 'gpt-5.5', { reasoning_effort: 'none' }],
    ['qwen', 'qwen3-max', { enable_thinking: false, thinking_budget: undefined }],
    ['moonshot', 'kimi-k2.6', { thinking: { type: 'disabled' } }],
    ['zai', 'glm-5', { thinking: { type: 'disabled' } }],
    ['minimax', 'MiniMax-M3', { thinking: { type: 'disabled' } }],
    ['deepseek', 'deepseek-v4-flash', { thinking: { type: 'disabled' }, reasoning_effort: undefined }],
    ['openrouter', 'x/y', { reasoning: { enabled: false } }],
    ['groq', 'qwen/qwen3-32b', { reasoning_effort: 'none' }],
  ])('row 36: %s %s is told not to think', (adapter, model, expected) => {
    expectMembers(adapter, model, { reasoning: { enabled: false } }, expected);
  });

  it.each([
    ['minimax', 'MiniMax-M2.1'],
    ['deepseek', 'deepseek-reasoner'],
    ['xai', 'grok-4'],
    ['groq', 'openai/gpt-oss-20b'],
  ])('row 36: that %s %s cannot be told not to think is said', (adapter, model) => {
    for (const { body, warnings } of sent(adapter, model, { reasoning: { enabled: false } })) {
      expect(body).not.toHaveProperty('thinking');
      expect(body).not.toHaveProperty('reasoning_effort');
      expect(warnings).toEqual(['reasoning was not switched off: this model always reasons']);
    }
  });

  it('row 35: open Qwen weights think in streams alone', () => {
    const reasoning = { effort: 'high' };
    expectMembers('qwen', 'qwen3-32b', { reasoning }, { enable_thinking: false });
    expectMembers('qwen', 'qwen3-32b', {}, { enable_thinking: false });
    expectMembers('qwen', 'qwen3-32b', { reasoning, stream: true }, { enable_thinking: true });
    expect(sent('qwen', 'qwen3-32b', { reasoning })[0].warnings).toHaveLength(1);
  });
});

describe('row 43: reasoning of earlier turns', () => {
  const reasoned = callTurn('call_1', { reasoning_content: 'three?' });

  it('Kimi, GLM and DeepSeek V4 get reasoning_content on every tool-call turn, never empty', () => {
    for (const [adapter, model] of [
      ['moonshot', 'kimi-k2.6'],
      ['zai', 'glm-5'],
      ['deepseek', 'deepseek-v4-pro'],
    ] as const) {
      for (const { body } of sent(adapter, model, { messages: callTurn('call_1') })) {
        expect(assistantOf(body)['reasoning_content']).toBe(' ');
      }
      for (const { body } of sent(adapter, model, { messages: reasoned })) {
        expect(assistantOf(body)['reasoning_content']).toBe('three?');
      }
    }
  });

  it('DeepSeek R1, Mistral, Groq and a server of unknown habits get none', () => {
    for (const [adapter, model] of [
      ['deepseek', 'deepseek-reasoner'],
      ['mistral', 'magistral-medium-latest'],
      ['groq', 'openai/gpt-oss-20b'],
      ['openai-compatible', 'm'],
    ] as const) {
      for (const { body } of sent(adapter, model, { messages: reasoned })) {
        expect(JSON.stringify(body)).not.toMatch(/reasoning_content|three\?/);
      }
    }
  });

  it('MiniMax gets its reasoning_details back, and is asked to give them apart from the text', () => {
    for (const { body } of sent('minimax', 'MiniMax-M2.1', { messages: reasoned })) {
      expect(assistantOf(body)).not.toHaveProperty('reasoning_content');
      expect(assistantOf(body)['reasoning_details']).toEqual([
        {
          type: 'reasoning.text',
          id: 'reasoning-text-1',
          format: 'MiniMax-response-v1',
          index: 0,
          text: 'three?',
        },
      ]);
      expect(body['reasoning_split']).toBe(true);
    }
  });

  it('OpenRouter gets it as reasoning', () => {
    for (const { body } of sent('openrouter', 'x/y', { messages: reasoned })) {
      expect(assistantOf(body)['reasoning']).toBe('three?');
    }
  });
});

describe('row 32: sampling', () => {
  it.each([
    ['minimax', 'MiniMax-M2.1', 1],
    ['moonshot', 'kimi-k2-0905-preview', 1],
    ['zai', 'glm-5', 1],
    ['mistral', 'mistral-small-latest', 1.5],
  ])('%s %s gets a temperature of at most %s', (adapter, model, most) => {
    expectMembers(adapter, model, { temperature: 1.9 }, { temperature: most });
    expectMembers(adapter, model, { temperature: 0.3 }, { temperature: 0.3 });
    expect(sent(adapter, model, { temperature: 1.9 })[1].warnings).toEqual([
      `temperature was lowered to ${most}, the highest this model takes`,
    ]);
  });

  it('Kimi K2.6 and its kin have one temperature, so none is sent; older models take one', () => {
    const unsupported = (model: string) => targetOf('moonshot', model).quirks.unsupported;
    for (const model of ['kimi-k2.5', 'kimi-k2.6', 'kimi-k3', 'kimi-for-coding']) {
      expect(unsupported(model)).toEqual(expect.arrayContaining(['temperature', 'topP']));
    }
    for (const model of ['kimi-k2-0905-preview', 'kimi-k2-thinking', 'moonshot-v1-8k']) {
      expect(unsupported(model)).not.toContain('temperature');
    }
  });

  it('Mistral calls the seed random_seed', () => {
    expectMembers('mistral', 'mistral-large-latest', { seed: 7 }, { seed: undefined, random_seed: 7 });
    expectMembers('openai', 'gpt-5.5', { seed: 7 }, { seed: 7 });
  });
});

describe('what a vendor cannot be asked', () => {
  const refusal = (adapter: string, model: string, fields: JsonObject): FaregateError => {
    try {
      sent(adapter, model, fields);
    } catch (error) {
      return error as FaregateError;
    }
    throw new Error('it was not refused');
  };

  it.each(['groq', 'minimax', 'ollama', 'llama-cpp', 'deepseek', 'zai'])(
    'row 33: two answers of %s are refused, never one of them given',
    (adapter) => {
      const error = refusal(adapter, 'm', { n: 2 });
      expect(error).toMatchObject({ kind: 'invalid_request', details: { param: 'n' } });
    },
  );

  const withImage = (url: string) => ({
    messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
  });
  it.each([
    ['moonshot', 'kimi-k2.6'],
    ['ollama', 'llava'],
  ])(
    'row 44: an image by URL for %s is refused, as base64 it goes over, and nothing is fetched',
    (adapter, model) => {
      expect(refusal(adapter, model, withImage('https://a.example/x.png'))).toMatchObject({
        kind: 'invalid_request',
        message: 'messages: this model takes no image by URL; send it as a base64 data URL',
      });
      const url = 'data:image/png;base64,iVBORw0KGgo=';
      for (const { body } of sent(adapter, model, withImage(url)))
        expect(JSON.stringify(body)).toContain(url);
    },
  );

  it('row 44: others are handed the URL as it is', () => {
    const url = 'https://a.example/x.png';
    for (const adapter of ['openai', 'qwen', 'vllm', 'xai']) {
      for (const { body } of sent(adapter, 'm', withImage(url))) expect(JSON.stringify(body)).toContain(url);
    }
  });

  it("participants' names are left out for vendors that refuse them, and said", () => {
    const messages = [{ role: 'user', name: 'ann', content: 'hi' }];
    for (const { body, warnings } of sent('mistral', 'm', { messages })) {
      expect(body['messages']).toEqual(HELLO);
      expect(warnings).toEqual(["messages.name was dropped: this model's provider does not take it"]);
    }
    expectMembers('openai', 'm', { messages }, { messages });
  });
});

it('row 9: Mistral gets tool call ids of nine letters and digits, the same for a call and its result', () => {
  const seen = new Set<string>();
  for (const id of ['functions.add:0', 'call_1', 'toolu_01A-b', 'Ab3dEf9hI']) {
    for (const { body } of sent('mistral', 'm', { messages: callTurn(id) })) {
      const messages = body['messages'] as JsonObject[];
      const [call] = assistantOf(body)['tool_calls'] as JsonObject[];
      expect(call?.['id']).toMatch(/^[a-zA-Z0-9]{9}$/);
      expect(messages[2]?.['tool_call_id']).toBe(call?.['id']);
      seen.add(String(call?.['id']));
    }
  }
  expect(seen.size).toBe(4);
  expect(seen).toContain('Ab3dEf9hI');
});
