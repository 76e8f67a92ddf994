import type { JsonObject } from '../../core/json.js';
import { messagesWire } from '../../../test/support/messages-stream.js';
import { protocolLaws } from '../../../test/support/protocol-laws.js';
import { anthropicMessages } from './index.js';

const usage = {
  input_tokens: 18,
  cache_read_input_tokens: 4,
  output_tokens: 32,
  output_tokens_details: { thinking_tokens: 3 },
};
const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'octen_search', input: { query: 'q' } };
const found = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [{ type: 'web_search_result', url: 'u', title: 't' }],
};
const cited = {
  type: 'web_search_result_location',
  url: 'u',
  title: 't',
  cited_text: 'c',
  encrypted_index: 'e',
};

const message = (content: JsonObject[], more: JsonObject = {}): JsonObject => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content,
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage,
  ...more,
});

const stream = (
  blocks: [JsonObject, ...JsonObject[]][],
  delta: JsonObject = { stop_reason: 'end_turn', stop_sequence: null },
) =>
  messagesWire([
    {
      type: 'message_start',
      message: message([], { stop_reason: null, usage: { input_tokens: 18, output_tokens: 1 } }),
    },
    { type: 'ping' },
    ...blocks.flatMap(([content_block, ...deltas], index) => [
      { type: 'content_block_start', index, content_block },
      ...deltas.map((piece) => ({ type: 'content_block_delta', index, delta: piece })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta, usage },
    { type: 'message_stop' },
  ]);

const say = (text: string): JsonObject => ({ type: 'text_delta', text });
const json = (partial_json: string): JsonObject => ({ type: 'input_json_delta', partial_json });

describe('the Anthropic Messages protocol', () => {
  protocolLaws(anthropicMessages, {
    statuses: { unavailable: 529 },
    results: [
      {
        name: 'text, thinking, a tool call with a foreign id and a refusal',
        result: {
          choices: [
            {
              content: [
                { type: 'thinking', text: 'hm', signature: { issuer: 'anthropic', value: 'c2ln' } },
                { type: 'thinking', text: '', signature: { issuer: 'openai', value: 'a:b' } },
                { type: 'redacted-thinking', data: 'ZA==', issuer: 'anthropic' },
                { type: 'text', text: 'ü', citations: [cited] },
                { type: 'tool-call', id: 'functions.add:0', name: 'add', arguments: '{"z":1,"a":[]}' },
                { type: 'opaque', protocol: 'anthropic-messages', raw: search },
                { type: 'refusal', text: 'No.' },
              ],
              finishReason: 'content-filter',
            },
          ],
          usage: {
            input: { noCache: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4 },
            output: { total: 5, reasoning: 1 },
            searches: 6,
          },
        },
      },
      {
        name: 'a stop sequence',
        result: {
          choices: [{ content: [{ type: 'text', text: 'x' }], finishReason: 'stop', stopSequence: 'END' }],
          usage: { input: { noCache: 1 }, output: { total: 1 } },
        },
      },
    ],
    responses: [
      { name: 'text', body: message([{ type: 'text', text: 'Attention weighs.' }]) },
      { name: 'search', body: message([search, found, { type: 'text', text: 'x', citations: [cited] }]) },
      {
        name: 'tools after a signed, empty thought',
        body: message(
          [
            { type: 'thinking', thinking: '', signature: 'c2ln' },
            { type: 'tool_use', id: 'toolu_1', name: 'add', input: { b: 1 } },
            { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} },
          ],
          { stop_reason: 'tool_use' },
        ),
      },
      {
        name: 'a refusal',
        body: message([], { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'No.' } }),
      },
      { name: 'a pause', body: message([search], { stop_reason: 'pause_turn' }) },
    ],
    streams: [
      {
        name: 'text of several bytes a character',
        wire: stream([[{ type: 'text', text: '' }, say('Grüße '), say('日本 👋🏽')]]),
      },
      {
        name: 'thinking, then two tools',
        wire: stream(
          [
            [
              { type: 'thinking', thinking: '', signature: '' },
              { type: 'thinking_delta', thinking: 'hm' },
              { type: 'signature_delta', signature: 'c2ln' },
            ],
            [
              { type: 'tool_use', id: 'toolu_1', name: 'add', input: {} },
              json(''),
              json('{"a":'),
              json('1}'),
            ],
            [{ type: 'tool_use', id: 'toolu_2', name: 'now', input: {} }, json('')],
          ],
          { stop_reason: 'tool_use', stop_sequence: null },
        ),
      },
      {
        name: 'search and citations',
        wire: stream([
          [search],
          [found],
          [{ type: 'text', text: '' }, { type: 'citations_delta', citation: cited }, say('x')],
        ]),
      },
      {
        name: 'a refusal',
        wire: stream([[{ type: 'text', text: '' }, say('We')]], {
          stop_reason: 'refusal',
          stop_sequence: null,
          stop_details: { type: 'refusal', explanation: 'No.' },
        }),
      },
    ],
  });
});
