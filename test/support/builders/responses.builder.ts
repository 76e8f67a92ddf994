import type { JsonObject } from '../../../src/core/json.js';

/** A response object as an upstream sends it. */
export const responseBody = (output: JsonObject[], more: JsonObject = {}): JsonObject => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'gpt-x',
  output,
  error: null,
  incomplete_details: null,
  usage: {
    input_tokens: 18,
    input_tokens_details: { cached_tokens: 10 },
    output_tokens: 32,
    output_tokens_details: { reasoning_tokens: 5 },
    total_tokens: 50,
  },
  ...more,
});

/** A message item with one text. */
export const textItem = (text: string, id = 'msg_1'): JsonObject => ({
  id,
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
});

/** A function call item. */
export const callItem = (callId: string, name: string, args: string): JsonObject => ({
  id: `fc_${callId}`,
  type: 'function_call',
  status: 'completed',
  call_id: callId,
  name,
  arguments: args,
});

/** A reasoning item with a summary and encrypted content. */
export const reasoningItem = (summary: string, encrypted?: string): JsonObject => ({
  id: 'rs_1',
  type: 'reasoning',
  summary: summary === '' ? [] : [{ type: 'summary_text', text: summary }],
  ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
});

/** Events of a message item, its text cut into pieces. */
export function textEvents(output_index: number, pieces: string[], id = `msg_${output_index}`): JsonObject[] {
  const text = pieces.join('');
  const at = { item_id: id, output_index, content_index: 0 };
  const part = { type: 'output_text', text, annotations: [], logprobs: [] };
  const whole = textItem(text, id);
  return [
    {
      type: 'response.output_item.added',
      output_index,
      item: { ...whole, status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
    ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part },
    { type: 'response.output_item.done', output_index, item: whole },
  ];
}

/** Events of a function call: its start, then its deltas and end, so that two calls can be interleaved. */
export function callEvents(
  output_index: number,
  call: { id: string; name: string; pieces: string[] },
): [start: JsonObject, ...rest: JsonObject[]] {
  const args = call.pieces.join('');
  const item = callItem(call.id, call.name, args);
  const at = { item_id: `fc_${call.id}`, output_index };
  return [
    {
      type: 'response.output_item.added',
      output_index,
      item: { ...item, arguments: '', status: 'in_progress' },
    },
    ...call.pieces.map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, arguments: args },
    { type: 'response.output_item.done', output_index, item },
  ];
}

/** Events of a reasoning item with a summary of several parts. */
export function reasoningEvents(output_index: number, summaries: string[], encrypted?: string): JsonObject[] {
  const at = { item_id: 'rs_1', output_index };
  const item: JsonObject = {
    ...reasoningItem('', encrypted),
    summary: summaries.map((text) => ({ type: 'summary_text', text })),
  };
  return [
    {
      type: 'response.output_item.added',
      output_index,
      item: { id: 'rs_1', type: 'reasoning', summary: [] },
    },
    ...summaries.flatMap((text, summary_index) => [
      {
        type: 'response.reasoning_summary_part.added',
        ...at,
        summary_index,
        part: { type: 'summary_text', text: '' },
      },
      { type: 'response.reasoning_summary_text.delta', ...at, summary_index, delta: text },
      { type: 'response.reasoning_summary_text.done', ...at, summary_index, text },
      {
        type: 'response.reasoning_summary_part.done',
        ...at,
        summary_index,
        part: { type: 'summary_text', text },
      },
    ]),
    { type: 'response.output_item.done', output_index, item },
  ];
}

/** Wire text of events, numbered, without an end of the response. */
export const openWire = (...events: JsonObject[]): string =>
  events
    .map((event, sequence_number) => {
      const data = JSON.stringify({ sequence_number, ...event });
      return `event: ${String(event['type'])}\ndata: ${data}\n\n`;
    })
    .join('');

/** Wire text of a whole stream; the last event repeats the finished items. */
export function wire(events: JsonObject[], more: JsonObject = {}): string {
  const begun = responseBody([], { status: 'in_progress', usage: null });
  const done = events.filter(({ type }) => type === 'response.output_item.done');
  const output = done.map(({ item }) => item as JsonObject);
  const whole = responseBody(output, more);
  return openWire(
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...events,
    { type: `response.${String(whole['status'])}`, response: whole },
  );
}
