/**
 * What the simulated vendor says: an OpenAI chat completion or an Anthropic message, whole or streamed.
 * Everything is prepared when the scenario is set; answering a request only puts its nonce in.
 */

const NONCE_PLACE = '\u0000NONCE\u0000';
const NONCE_LENGTH = 8;
const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n' +
  'transfer-encoding: chunked\r\n\r\n';
const LAST_HTTP_CHUNK = '0\r\n\r\n';
const FILLER = 'The fare is charged once, exactly, and never twice for one ride through the gate. ';

/** A prepared HTTP fragment; `after` is null where the nonce does not occur. @typedef {{before: string, after: string | null}} Fragment */
/** @typedef {{whole: Fragment, frames: Fragment[]}} ScriptedAnswer `frames[0]` opens the stream with the response head. */

/** The text that marks content chunk `index`: its 8-digit nonce and a 5-digit position. */
export function contentMarker(nonce, index) {
  return `[n${nonce}.${String(index).padStart(5, '0')}]`;
}

/**
 * @param {'chat' | 'messages'} protocol
 * @param {{chunks: number, chunkBytes: number}} scenario
 * @returns {ScriptedAnswer}
 */
export function scriptAnswer(protocol, scenario) {
  const events = protocol === 'chat' ? chatEvents(scenario) : messagesEvents(scenario);
  const whole = protocol === 'chat' ? wholeChatCompletion() : wholeMessage();
  const packets = events.map(httpChunk);
  packets[0] = STREAM_HEAD + packets[0];
  packets[packets.length - 1] += LAST_HTTP_CHUNK;
  return { whole: fragment(httpAnswer(200, whole)), frames: packets.map(fragment) };
}

/** A complete HTTP answer with a JSON body. */
export function httpAnswer(status, body) {
  return (
    `HTTP/1.1 ${status} ${status === 200 ? 'OK' : 'Error'}\r\ncontent-type: application/json\r\n` +
    `content-length: ${byteLength(body)}\r\n\r\n${body}`
  );
}

function fragment(text) {
  const [before, after] = text.split(NONCE_PLACE);
  return { before, after: after ?? null };
}

function httpChunk(text) {
  return `${byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** All texts here are ASCII, so characters are bytes. */
function byteLength(text) {
  return text.includes(NONCE_PLACE) ? text.length - NONCE_PLACE.length + NONCE_LENGTH : text.length;
}

function filler(length) {
  return FILLER.repeat(Math.ceil(length / FILLER.length)).slice(0, length);
}

const chatUsage = (outputTokens) => ({
  prompt_tokens: 250,
  completion_tokens: outputTokens,
  total_tokens: 250 + outputTokens,
});

function wholeChatCompletion() {
  return JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'bench-upstream',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: contentMarker('NONCE', 0) + filler(700), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: chatUsage(180),
    system_fingerprint: 'fp_bench',
  }).replace('NONCE', NONCE_PLACE);
}

function chatEvents({ chunks, chunkBytes }) {
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
    ...contentEvents({ chunks, chunkBytes }, (content) => event({ content }, null)),
    event({}, 'stop'),
    `data: ${JSON.stringify({ ...head, choices: [], usage: chatUsage(chunks) })}\n\n`,
    'data: [DONE]\n\n',
  ];
}

function wholeMessage() {
  return JSON.stringify({
    id: 'msg_bench',
    type: 'message',
    role: 'assistant',
    model: 'bench-upstream',
    content: [{ type: 'text', text: contentMarker('NONCE', 0) + filler(750) }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 250, output_tokens: 180 },
  }).replace('NONCE', NONCE_PLACE);
}

function messagesEvents({ chunks, chunkBytes }) {
  const event = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  const message = {
    id: 'msg_bench',
    type: 'message',
    role: 'assistant',
    model: 'bench-upstream',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 250, output_tokens: 1 },
  };
  return [
    event({ type: 'message_start', message }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    event({ type: 'ping' }),
    ...contentEvents({ chunks, chunkBytes }, (text) =>
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    ),
    event({ type: 'content_block_stop', index: 0 }),
    event({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: chunks },
    }),
    event({ type: 'message_stop' }),
  ];
}

function contentEvents({ chunks, chunkBytes }, toEvent) {
  return Array.from({ length: chunks }, (_, index) =>
    toEvent(contentMarker('NONCE', index) + filler(chunkBytes)).replace('NONCE', NONCE_PLACE),
  );
}
