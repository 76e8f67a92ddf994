import type { JsonValue } from '../../src/core/json.js';
import {
  chunk,
  DONE,
  finish,
  frame,
  hello,
  ROLE,
  texts,
  USAGE,
  usageOnly,
  type VendorShape,
} from './vendor-shape.js';
import { thinkShapes, toolShapes } from './vendor-tool-shapes.js';

const usageShapes: VendorShape[] = [
  {
    name: 'row 67: Moonshot reports usage in the choice, and cached tokens at the top of it',
    adapter: 'moonshot',
    model: 'kimi-k2.6',
    wire: ROLE + texts('Hel', 'lo') + finish('stop', { usage: { ...USAGE, cached_tokens: 20 } }) + DONE,
    says: { text: 'Hello', finish: 'stop', usage: [30, 20, 12] },
  },
  {
    name: 'row 67: Groq reports usage twice, under x_groq and in an extra chunk',
    adapter: 'groq',
    model: 'llama-3.3-70b',
    wire:
      chunk({ role: 'assistant', content: '' }, {}, { x_groq: { id: 'req_1' } }) +
      texts('Hello') +
      finish('stop', {}, { x_groq: { id: 'req_1', usage: { ...USAGE, queue_time: 0.1 } } }) +
      usageOnly({ ...USAGE, queue_time: 0.1 }) +
      DONE,
    says: hello,
  },
  {
    name: 'rows 67 and 69: OpenRouter sends comments, finishes twice, and puts usage beside a choice',
    adapter: 'openrouter',
    model: 'x/y',
    wire:
      ': OPENROUTER PROCESSING\n\n' +
      ROLE +
      ': OPENROUTER PROCESSING\n\n' +
      texts('Hello') +
      chunk({ role: 'assistant', content: '' }, { finish_reason: 'stop', native_finish_reason: 'stop' }) +
      chunk({ role: 'assistant', content: '' }, { finish_reason: 'stop' }, { usage: USAGE }) +
      DONE,
    says: hello,
  },
  {
    name: 'row 67: Mistral puts text and usage on the finish chunk',
    adapter: 'mistral',
    model: 'mistral-large',
    wire: ROLE + texts('Hel') + chunk({ content: 'lo' }, { finish_reason: 'stop' }, { usage: USAGE }) + DONE,
    says: hello,
  },
  {
    name: 'row 67: Mistral writes content as a list of thinking and text',
    adapter: 'mistral',
    model: 'magistral-medium',
    wire:
      ROLE +
      chunk({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Greet' }] },
        ] as unknown as JsonValue[],
      }) +
      chunk({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: ' them.' }] },
        ] as unknown as JsonValue[],
      }) +
      chunk({ content: [{ type: 'text', text: 'Hel' }] as unknown as JsonValue[] }) +
      chunk({ content: 'lo' }, { finish_reason: 'stop' }, { usage: USAGE }) +
      DONE,
    says: { ...hello, thinking: 'Greet them.' },
  },
  {
    name: 'rows 62 and 63: Qwen counts cache reads and writes inside the input',
    adapter: 'qwen',
    model: 'qwen3-max',
    wire:
      ROLE +
      texts('Hello') +
      finish('stop') +
      usageOnly({
        ...USAGE,
        prompt_tokens_details: { cached_tokens: 8, cache_creation_input_tokens: 10, cache_type: 'ephemeral' },
      }) +
      DONE,
    says: { ...hello, usage: [30, 8, 12] },
  },
  {
    name: 'row 62: DeepSeek counts cache hits in a field of its own',
    adapter: 'deepseek',
    model: 'deepseek-v4-pro',
    wire:
      ROLE +
      texts('Hello') +
      finish('stop', {}, { usage: { ...USAGE, prompt_cache_hit_tokens: 16, prompt_cache_miss_tokens: 14 } }) +
      DONE,
    says: { ...hello, usage: [30, 16, 12] },
  },
  {
    name: 'row 64: xAI leaves reasoning out of its output tokens',
    adapter: 'xai',
    model: 'grok-4',
    wire:
      ROLE +
      chunk({ reasoning_content: 'Greet.' }) +
      texts('Hello') +
      finish('stop') +
      usageOnly({
        prompt_tokens: 30,
        completion_tokens: 2,
        total_tokens: 42,
        completion_tokens_details: { reasoning_tokens: 10 },
      }) +
      DONE,
    says: { ...hello, thinking: 'Greet.' },
  },
  {
    name: 'rows 67 and 76: Azure begins without choices and changes its id',
    adapter: 'azure',
    model: 'gpt-5',
    wire:
      frame({
        id: '',
        object: '',
        created: 0,
        model: '',
        choices: [],
        prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }],
      }) +
      chunk({ role: 'assistant', content: '' }, { content_filter_results: {} }) +
      chunk({ content: 'Hel' }, {}, { id: 'chatcmpl-other' }) +
      texts('lo') +
      finish('stop') +
      usageOnly() +
      DONE,
    says: hello,
  },
  {
    name: 'row 69: comments, keep-alives and CRLF stand between the chunks',
    adapter: 'vllm',
    model: 'm',
    wire: `: ping\r\n\r\n${(ROLE + texts('Hel', 'lo')).replaceAll('\n', '\r\n')}data:\n\n:\n\n${finish('stop')}${usageOnly()}${DONE}`,
    says: hello,
  },
];

const minimaxDetails = (text: string): string =>
  chunk({
    content: '',
    reasoning_details: [
      { type: 'reasoning.text', id: 'reasoning-text-1', format: 'MiniMax-response-v1', index: 0, text },
    ],
  });
const otherShapes: VendorShape[] = [
  {
    name: 'row 35: MiniMax gives its reasoning as reasoning_details, repeats the whole message, and adds base_resp',
    adapter: 'minimax',
    model: 'MiniMax-M2.1',
    wire:
      chunk({ role: 'assistant', content: '', name: 'MiniMax AI' }) +
      minimaxDetails('Greet') +
      minimaxDetails(' them.') +
      texts('Hello') +
      finish('stop') +
      frame({
        id: 'chatcmpl-9',
        object: 'chat.completion',
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello' } }],
        usage: { ...USAGE, total_characters: 0 },
        base_resp: { status_code: 0, status_msg: '' },
      }) +
      DONE,
    says: { ...hello, thinking: 'Greet them.' },
  },
  {
    name: 'row 35: Kimi through Avian says its reasoning twice in one delta',
    adapter: 'openai-compatible',
    model: 'kimi-k2.5',
    wire:
      ROLE +
      chunk({
        reasoning_content: 'Greet.',
        reasoning_details: [{ type: 'reasoning.text', text: 'Greet.' }],
      }) +
      chunk({ content: 'Hello' }, {}, { id: 'another' }) +
      finish('stop') +
      finish('stop', {}, { usage: USAGE }) +
      DONE,
    says: { ...hello, thinking: 'Greet.' },
  },
  {
    name: 'row 53: words of other vendors for the end of an answer',
    adapter: 'mistral',
    model: 'mistral-large',
    wire: ROLE + texts('Hello') + finish('model_length') + usageOnly() + DONE,
    says: { ...hello, finish: 'length' },
  },
  {
    name: 'row 53: no role, no reason, only the terminator',
    adapter: 'openai-compatible',
    model: 'm',
    wire: texts('Hel', 'lo') + usageOnly() + DONE,
    says: hello,
  },
  {
    name: 'row 53: content_filter after a part of the text',
    adapter: 'azure',
    model: 'gpt-5',
    wire: ROLE + texts('Hel') + finish('content_filter') + usageOnly() + DONE,
    says: { text: 'Hel', finish: 'content_filter', usage: [30, 0, 12] },
  },
];

/** Everything that a vendor may do and that must reach a client as if it had not. */
export const VENDOR_SHAPES: readonly VendorShape[] = [
  ...usageShapes,
  ...thinkShapes,
  ...toolShapes,
  ...otherShapes,
];
