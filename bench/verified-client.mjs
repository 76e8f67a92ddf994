/** One client connection on a raw socket that reads HTTP/1.1 and verifies every body as it arrives. */
import net from 'node:net';
import { nextNonce } from './client-requests.mjs';

/** Content chunks verified by all clients of this process since it started. */
export const verified = { chunks: 0 };

/** @typedef {{failure: string | null, latencyMs: number, firstChunkMs: number | null}} Outcome */

export class VerifiedClient {
  #port;
  #socket = null;
  #call = null;
  #answer = null;

  constructor(port) {
    this.#port = port;
  }

  get connected() {
    return this.#socket !== null;
  }

  connect() {
    const socket = net.connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    socket.on('data', (bytes) => this.#receive(bytes.latin1Slice(0, bytes.length)));
    socket.on('error', (error) => this.#lose(socket, error.message));
    socket.on('close', () => this.#lose(socket, 'connection closed before the end of the answer'));
    return this;
  }

  /**
   * Sends one request; `onOutcome` is called once, unless the client leaves first.
   *
   * @param {ReturnType<import('./client-requests.mjs').prepareRequest>} request
   * @param {(outcome: Outcome) => void} onOutcome
   * @param {() => void} [onFirstChunk]
   */
  send(request, onOutcome, onFirstChunk) {
    if (this.#socket === null) this.connect();
    const nonce = nextNonce();
    this.#call = {
      expected: request.expected,
      nonce,
      onOutcome,
      onFirstChunk,
      startedMs: performance.now(),
      firstChunkMs: null,
    };
    this.#answer = {
      received: '',
      status: 0,
      chunked: false,
      left: 0,
      tail: '',
      lastEvents: '',
      found: 0,
      wrong: null,
      ended: false,
    };
    this.#socket.write(request.before + nonce + request.after, 'latin1');
  }

  /** Hangs up, in the middle of an answer or not. */
  leave() {
    this.#call = null;
    this.#socket?.destroy();
    this.#socket = null;
  }

  /** From now on reads nothing, as a client does that hangs. */
  stopReading() {
    if (this.#socket === null) this.connect();
    this.#socket.pause();
  }

  #receive(text) {
    const answer = this.#answer;
    if (this.#call === null) return;
    answer.received += text;
    if (answer.status === 0 && !this.#readHead(answer)) return;
    const done = answer.chunked ? this.#readHttpChunks(answer) : this.#readPlainBody(answer);
    if (done) this.#finish();
  }

  #readHead(answer) {
    const headEnd = answer.received.indexOf('\r\n\r\n');
    if (headEnd < 0) return false;
    const head = answer.received.slice(0, headEnd);
    answer.received = answer.received.slice(headEnd + 4);
    answer.status = Number(head.slice(9, 12));
    answer.chunked = /\r\ntransfer-encoding: *chunked/i.test(head);
    answer.left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    return true;
  }

  #readPlainBody(answer) {
    answer.left -= answer.received.length;
    this.#verify(answer, answer.received);
    answer.received = '';
    return answer.left <= 0;
  }

  /** Takes the HTTP chunks that are complete out of what was received; true after the last one. */
  #readHttpChunks(answer) {
    const { received } = answer;
    let from = 0;
    let payload = '';
    let last = false;
    for (;;) {
      const sizeEnd = received.indexOf('\r\n', from);
      if (sizeEnd < 0) break;
      const size = Number.parseInt(received.slice(from, sizeEnd), 16);
      const dataEnd = sizeEnd + 2 + size;
      if (received.length < dataEnd + 2) break;
      last = size === 0;
      payload += received.slice(sizeEnd + 2, dataEnd);
      from = dataEnd + 2;
      if (last) break;
    }
    answer.received = received.slice(from);
    if (payload !== '') this.#verify(answer, payload);
    return last;
  }

  /** A stream is verified by whole events, so that a sign split over two reads is not missed. */
  #verify(answer, payload) {
    answer.tail += payload;
    if (!this.#call.expected.stream || answer.status !== 200) return;
    const { eventEnd } = this.#call.expected;
    const found = answer.tail.lastIndexOf(eventEnd);
    if (found < 0) return;
    const eventsEnd = found + eventEnd.length;
    answer.lastEvents = answer.tail.slice(0, eventsEnd);
    answer.tail = answer.tail.slice(eventsEnd);
    this.#verifyContent(answer, answer.lastEvents);
  }

  #verifyContent(answer, text) {
    const { expected, nonce } = this.#call;
    const { contentOpening } = expected;
    let place = text.indexOf(contentOpening);
    while (place >= 0) {
      const from = place + contentOpening.length;
      const wanted = `${nonce}.${String(answer.found).padStart(5, '0')}]`;
      if (!text.startsWith(wanted, from)) {
        answer.wrong ??= `expected ${wanted} but found ${text.slice(from, from + 15)}`;
      }
      this.#countChunk(answer);
      place = text.indexOf(contentOpening, from);
    }
    if (answer.found >= expected.contentCount && text.includes(expected.end)) answer.ended = true;
  }

  #countChunk(answer) {
    answer.found += 1;
    verified.chunks += 1;
    if (answer.found > 1) return;
    this.#call.firstChunkMs = performance.now() - this.#call.startedMs;
    this.#call.onFirstChunk?.();
  }

  #finish() {
    const call = this.#call;
    if (!call.expected.stream) this.#verifyContent(this.#answer, this.#answer.tail);
    this.#call = null;
    const latencyMs = performance.now() - call.startedMs;
    call.onOutcome({ failure: this.#failure(call), latencyMs, firstChunkMs: call.firstChunkMs });
  }

  #failure({ expected }) {
    const answer = this.#answer;
    if (answer.status !== 200) return `status ${answer.status}: ${answer.tail.slice(0, 300)}`;
    if (answer.wrong !== null) return answer.wrong;
    if (answer.found !== expected.contentCount) {
      const ending = (answer.lastEvents + answer.tail).slice(-200);
      return `${answer.found} content chunks of ${expected.contentCount}; the answer ended with ${ending}`;
    }
    return answer.ended ? null : `no end marker ${expected.end}`;
  }

  #lose(socket, message) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    const call = this.#call;
    this.#call = null;
    const latencyMs = call === null ? 0 : performance.now() - call.startedMs;
    call?.onOutcome({ failure: message, latencyMs, firstChunkMs: null });
  }
}
