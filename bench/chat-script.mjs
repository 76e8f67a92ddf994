/** What the simulated vendor says in the protocol of OpenAI Chat Completions. */

const chatUsage = (outputTokens) => ({
  prompt_tokens: 250,
  completion_tokens: outputTokens,
  total_tokens: 250 + outputTokens,
});

/** @param {string} content the whole answer's */
export const wholeChatCompletion = (content) => ({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1_760_000_000,
  model: 'bench-upstream',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content, refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: chatUsage(180),
  system_fingerprint: 'fp_bench',
});

/** @param {string[]} texts one of each content chunk @returns {string[]} */
export function chatEvents(texts) {
  const head = {
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'bench-upstream',
  };
  const event = (delta, finishReason) =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] })}\n\n`;
  return [
    event({ role: 'assistant', content: '' }, null),
    ...texts.map((content) => event({ content }, null)),
    event({}, 'stop'),
    `data: ${JSON.stringify({ ...head, choices: [], usage: chatUsage(texts.length) })}\n\n`,
    'data: [DONE]\n\n',
  ];
}
