/** What the bench's clients ask, and how they know that the answer is theirs and whole. */

const PATHS = { chat: '/v1/chat/completions', messages: '/v1/messages', responses: '/v1/responses' };
const QUESTION =
  'Tell me what the ride costs, and show how the sum was made, class by class, without rounding. ';

/** @typedef {'chat' | 'messages' | 'responses' | 'gemini'} Protocol */

/**
 * @typedef {object} Target where a contender listens and how it wants to be asked
 * @property {number} port
 * @property {Protocol} protocol the protocol the client speaks
 * @property {string} model
 * @property {string[]} headerLines such as `authorization: Bearer …`
 */

/**
 * Prepares a request of about 1 KB once; only the nonce differs from call to call.
 *
 * @param {Target} target
 * @param {{stream: boolean, chunks: number}} wanted how many content chunks a complete stream has
 */
export function prepareRequest(target, { stream, chunks }) {
  const content = `nonce ????????. ${QUESTION.repeat(8)}`;
  const body = JSON.stringify(requestBody(target, stream, content));
  const headers = [
    `POST ${pathOf(target, stream)} HTTP/1.1`,
    `host: 127.0.0.1:${target.port}`,
    'content-type: application/json',
    'accept: */*',
    ...(target.protocol === 'messages' ? ['anthropic-version: 2023-06-01'] : []),
    ...target.headerLines,
    `content-length: ${body.length}`,
  ];
  const [before, after] = `${headers.join('\r\n')}\r\n\r\n${body}`.split('????????');
  return { before, after, expected: expectedAnswer(target.protocol, stream, chunks) };
}

/** Gemini says in the address what the others say in the body. */
function pathOf({ protocol, model }, stream) {
  if (protocol !== 'gemini') return PATHS[protocol];
  return `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`;
}

const INSTRUCTION = 'You are the fare gate.';

function requestBody({ protocol, model }, stream, content) {
  if (protocol === 'messages') {
    return { model, max_tokens: 2048, messages: [{ role: 'user', content }], stream };
  }
  if (protocol === 'responses') {
    return {
      model,
      max_output_tokens: 2048,
      instructions: INSTRUCTION,
      input: content,
      store: false,
      stream,
    };
  }
  if (protocol === 'gemini') {
    return {
      contents: [{ role: 'user', parts: [{ text: content }] }],
      systemInstruction: { parts: [{ text: INSTRUCTION }] },
      generationConfig: { maxOutputTokens: 2048 },
    };
  }
  return {
    model,
    max_tokens: 2048,
    messages: [
      { role: 'system', content: INSTRUCTION },
      { role: 'user', content },
    ],
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
  };
}

/** What opens a piece of content in a stream and in a whole answer, and what only their ends have. */
const SIGNS = {
  chat: {
    pieces: ['"content":"[n', '"content":"[n'],
    ends: ['data: [DONE]', '"finish_reason":"stop"'],
  },
  messages: {
    pieces: ['"text":"[n', '"text":"[n'],
    ends: ['"type":"message_stop"', '"stop_reason":"end_turn"'],
  },
  responses: {
    pieces: ['"delta":"[n', '"text":"[n'],
    ends: ['"type":"response.completed"', '"status":"completed"'],
  },
  gemini: {
    pieces: ['"text":"[n', '"text":"[n'],
    ends: ['"finishReason":"STOP"', '"finishReason":"STOP"'],
  },
};

/**
 * Signs that must be found, in the client's own protocol: the text that opens every content delta, how many
 * of them in order, and what only a complete answer has.
 */
function expectedAnswer(protocol, stream, chunks) {
  const { pieces, ends } = SIGNS[protocol];
  return {
    stream,
    contentOpening: pieces[stream ? 0 : 1],
    contentCount: stream ? chunks : 1,
    end: ends[stream ? 0 : 1],
    eventEnd: protocol === 'gemini' ? '\r\n\r\n' : '\n\n',
  };
}

/** A nonce of 8 digits, different for each call of this process (it starts over after 90 million). */
let lastNonce = 10_000_000 + Math.floor(Math.random() * 80_000_000);
export function nextNonce() {
  lastNonce = lastNonce >= 99_999_999 ? 10_000_000 : lastNonce + 1;
  return String(lastNonce);
}
