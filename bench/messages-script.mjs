/** What the simulated vendor says in the protocol of Anthropic Messages. */

/** @param {string} text the whole answer's */
export const wholeMessage = (text) => ({
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  model: 'bench-upstream',
  content: [{ type: 'text', text }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 250, output_tokens: 180 },
});

/** @param {string[]} texts one of each content chunk @returns {string[]} */
export function messagesEvents(texts) {
  const event = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  const usage = { input_tokens: 250, output_tokens: 1 };
  const message = { ...wholeMessage(''), content: [], stop_reason: null, usage };
  return [
    event({ type: 'message_start', message }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    event({ type: 'ping' }),
    ...texts.map((text) =>
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    ),
    event({ type: 'content_block_stop', index: 0 }),
    event({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: texts.length },
    }),
    event({ type: 'message_stop' }),
  ];
}
