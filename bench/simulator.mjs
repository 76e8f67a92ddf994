/**
 * The upstream vendor of the bench, on raw sockets so that it costs little beside what is measured.
 *
 * POST …/chat/completions, …/messages, …/responses and Gemini's …:generateContent answer as the vendors do;
 * `"stream": true`, or …:streamGenerateContent, streams.
 * GET /__scenario?chunks=50&gapMs=0&chunkBytes=24&wholeBytes=700 sets what every following answer looks like.
 * GET /__counts tells requests answered, streams open and streams that the other side left.
 */
import net from 'node:net';
import { httpAnswer, scriptAnswer } from './scripted-answers.mjs';

const STREAM_WANTED = /"stream"\s*:\s*true/;
const counts = { requests: 0, openStreams: 0, leftStreams: 0 };
const USUAL = { chunks: 50, gapMs: 0, chunkBytes: 24, wholeBytes: 700 };
const PROTOCOLS = ['chat', 'messages', 'responses', 'gemini'];
let scenario = USUAL;
let scripts = prepareScripts();

function prepareScripts() {
  return Object.fromEntries(PROTOCOLS.map((protocol) => [protocol, scriptAnswer(protocol, scenario)]));
}

/** The protocol that an address speaks; undefined for an address of none. */
function protocolOf(path) {
  if (path.endsWith('/chat/completions')) return 'chat';
  if (path.endsWith('/messages')) return 'messages';
  if (path.endsWith('/responses')) return 'responses';
  return /:(stream)?generateContent/i.test(path) ? 'gemini' : undefined;
}

/** One connection: reads requests one after another and answers each before it reads the next. */
class VendorConnection {
  #socket;
  #received = '';
  #stream = null;

  constructor(socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#received += bytes.latin1Slice(0, bytes.length);
      this.#answerNext();
    });
    socket.on('drain', () => this.#stream?.blocked && this.#continueStream());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#forgetStream());
  }

  #answerNext() {
    if (this.#stream !== null || this.#received === '') return;
    const request = takeRequest(this.#received);
    if (request === null) return;
    this.#received = this.#received.slice(request.length);
    if (request.method === 'GET') this.#write(httpAnswer(200, controlAnswer(request.path)));
    else this.#complete(request);
    this.#answerNext();
  }

  #complete({ path, body }) {
    const script = scripts[protocolOf(path)];
    const noncePlace = body.indexOf('nonce ');
    if (script === undefined || noncePlace < 0) {
      this.#write(
        httpAnswer(404, `{"error":{"message":"the bench simulator has no ${path} or found no nonce"}}`),
      );
      return;
    }
    const nonce = body.slice(noncePlace + 6, noncePlace + 14);
    counts.requests += 1;
    if (!STREAM_WANTED.test(body) && !path.includes(':streamGenerateContent')) {
      this.#write(script.whole.join(nonce));
      return;
    }
    counts.openStreams += 1;
    this.#stream = {
      frames: script.frames,
      next: 0,
      nonce,
      gapMs: scenario.gapMs,
      blocked: false,
      timer: null,
    };
    this.#continueStream();
  }

  /**
   * Writes one content chunk, then lets the other streams have their turn, also without a gap: a vendor does
   * not send one answer whole while the others wait, and a burst of 50 would reach the proxy as one read.
   */
  #continueStream() {
    const stream = this.#stream;
    stream.blocked = false;
    while (stream.next < stream.frames.length) {
      const frame = stream.frames[stream.next++];
      const roomLeft = this.#write(frame.join(stream.nonce));
      if (stream.next === stream.frames.length) break;
      if (!roomLeft) {
        stream.blocked = true;
        return;
      }
      if (frame.length > 1) {
        this.#continueAfterGap(stream);
        return;
      }
    }
    this.#stream = null;
    counts.openStreams -= 1;
    this.#answerNext();
  }

  #continueAfterGap(stream) {
    const next = () => this.#stream === stream && this.#continueStream();
    if (stream.gapMs > 0) stream.timer = setTimeout(next, stream.gapMs);
    else setImmediate(next);
  }

  #write(text) {
    return this.#socket.write(text, 'latin1');
  }

  #forgetStream() {
    if (this.#stream === null) return;
    clearTimeout(this.#stream.timer);
    this.#stream = null;
    counts.openStreams -= 1;
    counts.leftStreams += 1;
  }
}

/** Reads one whole HTTP request off the front of `received`, or answers null while it is incomplete. */
function takeRequest(received) {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = received.slice(0, headEnd);
  const [method, path] = head.slice(0, head.indexOf('\r\n')).split(' ');
  const bodyStart = headEnd + 4;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  let bodyEnd = bodyStart + Number(length?.[1] ?? 0);
  if (length === null && /\r\ntransfer-encoding: *chunked/i.test(head)) {
    const lastChunk = received.indexOf('0\r\n\r\n', bodyStart);
    bodyEnd = lastChunk < 0 ? Infinity : lastChunk + 5;
  }
  if (received.length < bodyEnd) return null;
  return { method, path, body: received.slice(bodyStart, bodyEnd), length: bodyEnd };
}

function controlAnswer(path) {
  const url = new URL(path, 'http://simulator');
  if (url.pathname === '/__scenario') {
    const wanted = Object.fromEntries([...url.searchParams].map(([name, value]) => [name, Number(value)]));
    scenario = { ...USUAL, ...wanted };
    scripts = prepareScripts();
    return JSON.stringify(scenario);
  }
  return JSON.stringify(counts);
}

const server = net.createServer({ noDelay: true }, (socket) => new VendorConnection(socket));
server.listen({ port: Number(process.env.BENCH_PORT ?? 0), host: '127.0.0.1', backlog: 4096 }, () => {
  const { port } = server.address();
  if (process.send) process.send({ ready: true, port });
  else console.log(`bench simulator on http://127.0.0.1:${port}`);
});
process.on('disconnect', () => process.exit(0));
