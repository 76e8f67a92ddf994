/** What the bench's clients ask, and how they know that the answer is theirs and whole. */

const PATHS = { chat: '/v1/chat/completions', messages: '/v1/messages' };
const QUESTION =
  'Tell me what the ride costs, and show how the sum was made, class by class, without rounding. ';

/**
 * @typedef {object} Target where a contender listens and how it wants to be asked
 * @property {number} port
 * @property {'chat' | 'messages'} protocol the protocol the client speaks
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
    `POST ${PATHS[target.protocol]} HTTP/1.1`,
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

function requestBody({ protocol, model }, stream, content) {
  if (protocol === 'messages') {
    return { model, max_tokens: 2048, messages: [{ role: 'user', content }], stream };
  }
  return {
    model,
    max_tokens: 2048,
    messages: [
      { role: 'system', content: 'You are the fare gate.' },
      { role: 'user', content },
    ],
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
  };
}

/**
 * Signs that must be found, in the client's own protocol: the text that opens every content delta, how many
 * of them in order, and what only a complete answer has.
 */
function expectedAnswer(protocol, stream, chunks) {
  const contentOpening = protocol === 'chat' ? '"content":"[n' : '"text":"[n';
  if (!stream) {
    const end = protocol === 'chat' ? '"finish_reason":"stop"' : '"stop_reason":"end_turn"';
    return { stream, contentOpening, contentCount: 1, end };
  }
  const end = protocol === 'chat' ? 'data: [DONE]' : '"type":"message_stop"';
  return { stream, contentOpening, contentCount: chunks, end };
}

/** A nonce of 8 digits, different for each call of this process (it starts over after 90 million). */
let lastNonce = 10_000_000 + Math.floor(Math.random() * 80_000_000);
export function nextNonce() {
  lastNonce = lastNonce >= 99_999_999 ? 10_000_000 : lastNonce + 1;
  return String(lastNonce);
}
