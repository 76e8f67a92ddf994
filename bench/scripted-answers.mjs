/**
 * What the simulated vendor says in each protocol, whole or streamed.
 * Everything is prepared when the scenario is set; answering a request only puts its nonce in.
 */
import { chatEvents, wholeChatCompletion } from './chat-script.mjs';
import { geminiEvents, wholeGemini } from './gemini-script.mjs';
import { messagesEvents, wholeMessage } from './messages-script.mjs';
import { responsesEvents, wholeResponse } from './responses-script.mjs';

/** No text of JSON holds these characters, and JSON leaves them as they are. */
const NONCE_PLACE = '<<NONCE>>';
const NONCE_LENGTH = 8;
const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n' +
  'transfer-encoding: chunked\r\n\r\n';
const LAST_HTTP_CHUNK = '0\r\n\r\n';
const FILLER = 'The fare is charged once, exactly, and never twice for one ride through the gate. ';

/** A prepared HTTP fragment: the texts between which the nonce stands. @typedef {string[]} Fragment */
/** @typedef {{whole: Fragment, frames: Fragment[]}} ScriptedAnswer `frames[0]` opens the stream with the response head. */

/** The text that marks content chunk `index`: its 8-digit nonce and a 5-digit position. */
export function contentMarker(nonce, index) {
  return `[n${nonce}.${String(index).padStart(5, '0')}]`;
}

const SCRIPTS = {
  chat: [chatEvents, wholeChatCompletion],
  messages: [messagesEvents, wholeMessage],
  responses: [responsesEvents, wholeResponse],
  gemini: [geminiEvents, wholeGemini],
};

/**
 * @param {import('./client-requests.mjs').Protocol} protocol
 * @param {{chunks: number, chunkBytes: number, wholeBytes: number}} scenario `wholeBytes` of text in a whole answer
 * @returns {{events: string[], whole: string}} a stream's events and the body of a whole answer
 */
export function sayAnswer(protocol, { chunks, chunkBytes, wholeBytes }, nonce = NONCE_PLACE) {
  const [toEvents, toWhole] = SCRIPTS[protocol];
  const text = (index, length) => contentMarker(nonce, index) + filler(length);
  const texts = Array.from({ length: chunks }, (_, index) => text(index, chunkBytes));
  return { events: toEvents(texts), whole: JSON.stringify(toWhole(text(0, wholeBytes))) };
}

/** The same as HTTP, ready to be given its nonce. @returns {ScriptedAnswer} */
export function scriptAnswer(protocol, scenario) {
  const { events, whole } = sayAnswer(protocol, scenario);
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

const fragment = (text) => text.split(NONCE_PLACE);

function httpChunk(text) {
  return `${byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** All texts here are ASCII, so characters are bytes. */
function byteLength(text) {
  const nonces = text.split(NONCE_PLACE).length - 1;
  return text.length + nonces * (NONCE_LENGTH - NONCE_PLACE.length);
}

function filler(length) {
  return FILLER.repeat(Math.ceil(length / FILLER.length)).slice(0, length);
}
