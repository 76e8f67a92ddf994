import {
  FLAG,
  integer,
  LIST,
  NEEDED,
  number,
  OBJECT,
  OBJECTS,
  TEXT,
  WORD,
  type BadField,
} from './bad-fields.js';

/** A Messages request that uses every checked field, and is accepted. */
export const fullMessages = (model: string) => ({
  model,
  max_tokens: 2_048,
  system: [{ type: 'text', text: 'Be short.', cache_control: { type: 'ephemeral', ttl: '5m' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Hello' },
        { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
        {
          type: 'document',
          title: 't',
          context: 'c',
          citations: { enabled: false },
          source: { type: 'text', media_type: 'text/plain', data: 'words' },
        },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Looking' },
        { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          is_error: false,
          content: [{ type: 'text', text: 'found' }],
        },
      ],
    },
  ],
  tools: [
    {
      name: 'look',
      description: 'Looks',
      input_schema: { type: 'object' },
      strict: false,
      cache_control: null,
    },
  ],
  tool_choice: { type: 'auto', disable_parallel_tool_use: false },
  stream: false,
  metadata: { user_id: 'someone' },
  thinking: { type: 'disabled' } as Record<string, unknown>,
  output_config: {},
});

const USER = 'messages.0.content';
const CALL = 'messages.1.content.1';
const RESULT = 'messages.2.content.0';
const DOCUMENT = `${USER}.3`;

/** Every checked field of a Messages request. */
export const BAD_MESSAGES: BadField[] = [
  ['model', [...NEEDED, '""']],
  ['max_tokens', [...integer('0', '-1', '-9007199254740993'), 'null']],
  ['system', ['1', 'true', '{}', '[null]', '[1]', '["a"]', '[{}]', '[{"type":"image"}]']],
  ['system.0', ['null', '1', '"a"', '[]', '{"type":"tool_use","id":"a","name":"b","input":{}}']],
  ['system.0.text', NEEDED],
  ['system.0.cache_control', OBJECT],
  ['system.0.cache_control.type', WORD],
  ['system.0.cache_control.ttl', [...WORD, '"2h"', '300']],
  ['messages', [...OBJECTS, 'null', '[]', '""']],
  ['messages.0', ['null', '1', '"a"', '[]', 'true']],
  ['messages.0.role', [...WORD, 'null', '""', '"tool"', '"User"']],
  [
    USER,
    [
      'null',
      '1',
      'true',
      '{}',
      '[null]',
      '[1]',
      '["a"]',
      '[[]]',
      '[{}]',
      '[{"type":1}]',
      '[{"type":"text"}]',
    ],
  ],
  [USER, ['[{"type":"tool_use","id":"a","name":"b","input":{}}]', '[{"type":"thinking","thinking":"a"}]']],
  [`${USER}.0.text`, NEEDED],
  [`${USER}.0.citations`, LIST],
  [`${USER}.0.cache_control`, OBJECT],
  [`${USER}.1.source`, [...OBJECT, 'null', '{}']],
  [`${USER}.1.source.type`, [...WORD, 'null', '""']],
  [`${USER}.1.source.url`, NEEDED],
  [`${USER}.2.source.media_type`, NEEDED],
  [`${USER}.2.source.data`, NEEDED],
  [`${DOCUMENT}.source`, [...OBJECT, 'null', '{}']],
  [`${DOCUMENT}.source.type`, [...WORD, 'null', '""']],
  [`${DOCUMENT}.source.data`, NEEDED],
  [`${DOCUMENT}.title`, TEXT],
  [`${DOCUMENT}.context`, TEXT],
  [`${DOCUMENT}.citations`, OBJECT],
  [`${DOCUMENT}.citations.enabled`, FLAG],
  [`${CALL}.id`, NEEDED],
  [`${CALL}.name`, NEEDED],
  [
    RESULT,
    ['null', '1', '[]', '{}', '{"type":"redacted_thinking","data":"a"}', '{"type":"redacted_thinking"}'],
  ],
  [`${RESULT}.tool_use_id`, NEEDED],
  [
    `${RESULT}.content`,
    [...OBJECTS.filter((value) => value !== '"[]"'), '[{}]', '[{"type":"text"}]', '[{"type":"image"}]'],
  ],
  [`${RESULT}.is_error`, FLAG],
  ['tools', [...OBJECTS, '[{}]']],
  ['tools.0.type', TEXT],
  ['tools.0.name', NEEDED],
  ['tools.0.description', TEXT],
  ['tools.0.input_schema', [...OBJECT, 'null']],
  ['tools.0.strict', FLAG],
  ['tools.0.cache_control', OBJECT],
  ['tool_choice', [...OBJECT, '"auto"', '{}']],
  ['tool_choice.type', [...WORD, 'null', '"required"']],
  ['tool_choice', ['{"type":"tool"}', '{"type":"tool","name":1}']],
  ['tool_choice.disable_parallel_tool_use', FLAG],
  ['stream', FLAG],
  ['temperature', number('-0.1', '1.1')],
  ['top_p', number('0', '-0', '-0.1', '1.1')],
  ['top_k', integer('-1')],
  ['stop_sequences', [...LIST, '[1]', '[null]', '[[]]', `[${'1,'.repeat(9_999)}1]`]],
  ['thinking', [...OBJECT, '{}', '{"type":"enabled"}', '{"type":"adaptive","budget_tokens":1024}']],
  ['thinking.type', [...WORD, 'null', '""']],
  ['thinking.display', WORD],
  ['thinking', ['1023', '0', '-1', '2048', '"1024"', '1024.5', '1e308', '1e400'].map(enabledThinking)],
  ['inference_geo', ['"us"', '1', '{}']],
  ['metadata', OBJECT],
  ['metadata.user_id', TEXT],
  ['output_config', OBJECT],
  ['output_config.effort', WORD],
  ['output_config.format', [...OBJECT, '{}', '{"type":"json_object"}', '{"type":"json_schema"}']],
  ['output_format', [...OBJECT, '{}', '{"type":"json_schema","schema":[]}']],
  ['thread', ['"a"', '1', '{}']],
];

function enabledThinking(budget: string): string {
  return `{"type":"enabled","budget_tokens":${budget}}`;
}
