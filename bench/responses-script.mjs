/** What the simulated vendor says in the protocol of OpenAI Responses. */

const textPart = (text) => ({ type: 'output_text', annotations: [], logprobs: [], text });
const item = (status, content) => ({ id: 'msg_bench', type: 'message', status, content, role: 'assistant' });

const response = (status, output, outputTokens) => ({
  id: 'resp_bench',
  object: 'response',
  created_at: 1_760_000_000,
  status,
  background: false,
  error: null,
  incomplete_details: null,
  instructions: null,
  max_output_tokens: 2_048,
  model: 'bench-upstream',
  output,
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  service_tier: 'default',
  store: false,
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  usage:
    outputTokens === null
      ? null
      : {
          input_tokens: 250,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: outputTokens,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 250 + outputTokens,
        },
  user: null,
  metadata: {},
});

/** @param {string} text the whole answer's */
export const wholeResponse = (text) => response('completed', [item('completed', [textPart(text)])], 180);

/** @param {string[]} texts one of each content chunk @returns {string[]} */
export function responsesEvents(texts) {
  const text = texts.join('');
  const done = item('completed', [textPart(text)]);
  const place = { item_id: 'msg_bench', output_index: 0, content_index: 0 };
  const events = [
    { type: 'response.created', response: response('in_progress', [], null) },
    { type: 'response.in_progress', response: response('in_progress', [], null) },
    { type: 'response.output_item.added', output_index: 0, item: item('in_progress', []) },
    { type: 'response.content_part.added', ...place, part: textPart('') },
    ...texts.map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...place, text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: textPart(text) },
    { type: 'response.output_item.done', output_index: 0, item: done },
    { type: 'response.completed', response: response('completed', [done], texts.length) },
  ];
  return events.map(
    (event, sequence_number) =>
      `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`,
  );
}
