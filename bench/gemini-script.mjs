/** What the simulated vendor says in Gemini's protocol. */

const answer = (text, outputTokens, ending) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, ...ending, index: 0 }],
  usageMetadata: {
    promptTokenCount: 250,
    candidatesTokenCount: outputTokens,
    totalTokenCount: 250 + outputTokens,
  },
  modelVersion: 'bench-upstream',
  responseId: 'bench-response',
});

/** @param {string} text the whole answer's */
export const wholeGemini = (text) => answer(text, 180, { finishReason: 'STOP' });

/** @param {string[]} texts one of each content chunk @returns {string[]} events with their CRLF */
export const geminiEvents = (texts) => [
  ...texts.map((text, index) => `data: ${JSON.stringify(answer(text, index + 1, {}))}\r\n\r\n`),
  `data: ${JSON.stringify(answer('', texts.length, { finishReason: 'STOP' }))}\r\n\r\n`,
];
