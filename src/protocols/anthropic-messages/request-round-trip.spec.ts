import type { JsonObject } from '../../core/json.js';
import { decodeRequest } from './request-decode.js';
import { encodeRequest } from './request-encode.js';

const target = { upstreamModel: 'claude-x', maxOutputTokens: 8192, quirks: {}, issuer: 'anthropic' };

describe('a request read and written again', () => {
  it.each<[string, JsonObject]>([
    ['plain', { messages: [{ role: 'user', content: 'hi' }] }],
    [
      'an agent turn',
      {
        system: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b', cache_control: { type: 'ephemeral' } },
        ],
        messages: [
          { role: 'user', content: 'go' },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 't', signature: 'c2ln' },
              { type: 'text', text: 'x' },
              { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a', deep: { z: 1, a: [] } } },
              { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
            ],
          },
          {
            role: 'user',
            content: [
              {
                type: 'tool_result',
                tool_use_id: 'toolu_1',
                content: [
                  { type: 'text', text: 'pdf' },
                  {
                    type: 'document',
                    source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0' },
                  },
                  { type: 'tool_reference', tool_name: 'WebSearch' },
                ],
                is_error: false,
                cache_control: { type: 'ephemeral', ttl: '5m' },
              },
              { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
            ],
          },
          { role: 'system', content: 'late' },
        ],
        thinking: { type: 'enabled', budget_tokens: 2048, display: 'omitted' },
        tools: [
          { name: 'read', input_schema: { type: 'object', additionalProperties: false }, strict: true },
        ],
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
        output_config: {
          effort: 'medium',
          format: { type: 'json_schema', schema: { type: 'object', additionalProperties: false } },
        },
        metadata: { user_id: 'u' },
        stop_sequences: ['END'],
        stream: true,
      },
    ],
  ])('rows 1, 15, 44 and 45: %s: nothing is lost', (_name, more) => {
    const body: JsonObject = { model: 'claude-x', max_tokens: 4096, ...more };
    const encoded = encodeRequest(decodeRequest(body, 'standard'), target);
    expect(encoded).toEqual({ body, warnings: [] });
  });
});
