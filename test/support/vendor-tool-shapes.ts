import {
  chunk,
  DONE,
  finish,
  hello,
  ROLE,
  texts,
  tool,
  USAGE,
  usageOnly,
  type VendorShape,
} from './vendor-shape.js';

const THINKING = 'Greet <b>them</b>.';
const tagged = (...parts: string[]): string => ROLE + texts(...parts) + finish('stop') + usageOnly() + DONE;
/** Reasoning between tags in the text. */
export const thinkShapes: VendorShape[] = [
  ['ollama', ['<think>', THINKING, '</think>', '\n\n', 'Hello']],
  ['vllm', ['<th', 'ink>\nGreet <', 'b>them</b>', '.</', 'think', '>\n', '\nHel', 'lo']],
  ['minimax', ['<think>Greet <b>them</b>.</think>Hello']],
  ['openai-compatible', ['\n', '<think>Greet <b>them</b>.</think>\n\nHel', 'lo']],
].map(([adapter, parts], position) => ({
  name: `row 75: ${String(adapter)} thinks between tags at the start, cut anywhere (${position + 1})`,
  adapter: adapter as string,
  model: 'm',
  wire: tagged(...(parts as string[])),
  says: { ...hello, thinking: THINKING },
}));
thinkShapes.push(
  {
    name: 'row 75: a tag later in the text, or what only begins like one, is text',
    adapter: 'ollama',
    model: 'm',
    wire: tagged('<', 'thin ice> Say <think>x</think>', ' <think'),
    says: { text: '<thin ice> Say <think>x</think> <think', finish: 'stop', usage: [30, 0, 12] },
  },
  {
    name: 'row 75: thinking that never ends is still thinking, and the answer is empty',
    adapter: 'ollama',
    model: 'm',
    wire: ROLE + texts('<think>Greet', ' them </thi') + finish('length') + usageOnly() + DONE,
    says: { thinking: 'Greet them </thi', finish: 'length', usage: [30, 0, 12] },
  },
  {
    name: 'row 75: a tool call after the thinking',
    adapter: 'vllm',
    model: 'm',
    wire:
      ROLE +
      texts('<think>Add.</think>\n\n') +
      tool({ index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }) +
      finish('tool_calls') +
      usageOnly() +
      DONE,
    says: {
      thinking: 'Add.',
      calls: [{ id: 'call_1', name: 'add', input: { a: 1 } }],
      finish: 'tool_calls',
      usage: [30, 0, 12],
    },
  },
  {
    name: 'row 75: OpenAI never writes tags, so what looks like one is text',
    adapter: 'openai',
    model: 'gpt-5.5',
    wire: tagged('<think>', 'x</think>'),
    says: { text: '<think>x</think>', finish: 'stop', usage: [30, 0, 12] },
  },
);

const add = (a: number) => ({ a });
/** Tool calls. */
export const toolShapes: VendorShape[] = [
  {
    name: 'row 60: Qwen continues a call under an empty id',
    adapter: 'qwen',
    model: 'qwen3-max',
    wire:
      ROLE +
      chunk({ content: null, reasoning_content: 'Add' }) +
      chunk({ content: null, reasoning_content: '.' }) +
      tool({ index: 0, id: 'call_q', type: 'function', function: { name: 'add', arguments: '' } }) +
      tool({ index: 0, id: '', type: 'function', function: { name: null, arguments: '{"a"' } }) +
      tool({ index: 0, id: '', type: 'function', function: { name: '', arguments: ':1}' } }) +
      finish('tool_calls') +
      usageOnly() +
      DONE,
    says: {
      thinking: 'Add.',
      calls: [{ id: 'call_q', name: 'add', input: add(1) }],
      finish: 'tool_calls',
      usage: [30, 0, 12],
    },
  },
  {
    name: 'row 60: xAI sends whole calls in one delta, without index or type, and says stop',
    adapter: 'xai',
    model: 'grok-4',
    wire:
      chunk({
        role: 'assistant',
        tool_calls: [
          { id: 'call_1', function: { name: 'add', arguments: '{"a":1}' } },
          { id: 'call_2', function: { name: 'add', arguments: '{"a":2}' } },
        ],
      }) +
      finish('stop') +
      usageOnly() +
      DONE,
    says: {
      calls: [
        { id: 'call_1', name: 'add', input: add(1) },
        { id: 'call_2', name: 'add', input: add(2) },
      ],
      finish: 'tool_calls',
      usage: [30, 0, 12],
    },
  },
  {
    name: 'row 60: a name that comes after its arguments began, and an id that never comes',
    adapter: 'vllm',
    model: 'm',
    wire:
      ROLE +
      tool({ index: 0, type: 'function', function: { arguments: '{"a"' } }) +
      tool({ index: 0, function: { name: 'add', arguments: ':1}' } }) +
      finish('tool_calls') +
      usageOnly() +
      DONE,
    says: {
      calls: [{ id: /^call_\w+$/, name: 'add', input: add(1) }],
      finish: 'tool_calls',
      usage: [30, 0, 12],
    },
  },
  {
    name: 'row 60: id and name repeated on every delta, the same index for two calls',
    adapter: 'openai-compatible',
    model: 'm',
    wire:
      ROLE +
      tool({ index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a"' } }) +
      tool({ index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: ':1}' } }) +
      tool({ index: 0, id: 'call_2', type: 'function', function: { name: 'add', arguments: '{"a":2}' } }) +
      finish('tool_calls') +
      usageOnly() +
      DONE,
    says: {
      calls: [
        { id: 'call_1', name: 'add', input: add(1) },
        { id: 'call_2', name: 'add', input: add(2) },
      ],
      finish: 'tool_calls',
      usage: [30, 0, 12],
    },
  },
  {
    name: 'rows 14 and 60: a call without arguments is a call with none, arguments as an object are their text',
    adapter: 'ollama',
    model: 'm',
    wire:
      ROLE +
      tool({ index: 0, id: 'call_1', type: 'function', function: { name: 'now', arguments: '' } }) +
      tool({ index: 1, id: 'call_2', type: 'function', function: { name: 'add', arguments: { a: 1 } } }) +
      finish('stop') +
      usageOnly() +
      DONE,
    says: {
      calls: [
        { id: 'call_1', name: 'now', input: {} },
        { id: 'call_2', name: 'add', input: add(1) },
      ],
      finish: 'tool_calls',
      usage: [30, 0, 12],
    },
  },
  {
    name: 'rows 60 and 76: Kimi through Groq writes text before its calls, and ids with a colon',
    adapter: 'groq',
    model: 'moonshotai/kimi-k2',
    wire:
      ROLE +
      texts('Adding.') +
      tool({
        index: 0,
        id: 'functions.add:0',
        type: 'function',
        function: { name: 'add', arguments: '{"a":1}' },
      }) +
      finish('tool_calls', {}, { id: 'other', x_groq: { usage: USAGE } }) +
      DONE,
    says: {
      text: 'Adding.',
      calls: [{ id: /add/, name: 'add', input: add(1) }],
      finish: 'tool_calls',
      usage: [30, 0, 12],
    },
  },
];
