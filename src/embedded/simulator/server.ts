import type { IncomingMessage, ServerResponse } from 'node:http';
import { nowMs } from '../../core/clock.js';
import { asObject, tryParseJson } from '../../core/json.js';
import { CONTROL_PREFIX, controlReply } from './control.js';
import { Delivery } from './delivery.js';
import { embeddingsReply } from './embeddings.js';
import { geminiCall } from './gemini-prompt.js';
import { Journal, journalHeaders, type JournalEntry } from './journal.js';
import { modelsBody } from './models-list.js';
import type { SimulatedProtocol } from './prompt.js';
import { errorReply, jsonReply, scriptedReply, type Reply } from './reply.js';
import { Script } from './script.js';
import { Seed } from './seed.js';
import { credentialError, errorFrame, type VendorError } from './vendor-errors.js';
import { Vendor } from './vendor.js';

const CHAT_PATH = '/v1/chat/completions';
const RESPONSES_PATH = '/v1/responses';
const MESSAGES_PATH = '/v1/messages';
const COUNT_PATH = '/v1/messages/count_tokens';
const EMBEDDINGS_PATH = '/v1/embeddings';
const MODELS_PATH = '/v1/models';
const GEMINI_PREFIX = '/v1beta/';
const POST_PATHS = [CHAT_PATH, RESPONSES_PATH, MESSAGES_PATH, COUNT_PATH, EMBEDDINGS_PATH];

/** Answers requests: by a rule where one matches, else as the vendor of the path would. */
export class SimulatorServer {
  readonly script = new Script();

  constructor(
    readonly journal: Journal,
    private readonly vendor: Vendor,
  ) {}

  /** Serves one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const text = await bodyText(request);
      const { path, query } = splitUrl(request.url ?? '/');
      const method = request.method ?? 'GET';
      if (path.startsWith(CONTROL_PREFIX)) return this.control(method, path, { text, response });
      const entry = this.journal.record({
        atMs: nowMs(),
        protocol: protocolOf(path, request),
        method,
        path,
        query,
        headers: journalHeaders(request.headers),
        body: text === '' ? null : (tryParseJson(text) ?? text),
      });
      await this.answer(entry, credentialOf(request, entry.protocol), response);
    } catch (thrown) {
      // A request that broke off while it was read leaves nothing to answer; anything else is a fault here.
      if (!request.destroyed && !response.headersSent) response.writeHead(500).end(String(thrown));
      else response.destroy();
    }
  }

  private control(
    method: string,
    path: string,
    { text, response }: { text: string; response: ServerResponse },
  ): void {
    const { script, journal } = this;
    const reply = controlReply(method, path, text, { script, journal, forget: () => this.vendor.forget() });
    response.writeHead(reply.status, reply.headers);
    for (const frame of reply.frames) response.write(frame.text);
    response.end();
  }

  private async answer(
    entry: JournalEntry,
    credential: string | undefined,
    response: ServerResponse,
  ): Promise<void> {
    const requestId = `req_01${new Seed(`${entry.path} ${entry.atMs}`).letters(22, String(entry.id))}`;
    const rule = this.script.take(entry);
    const scripted =
      rule !== undefined && rule.answer.kind !== 'model'
        ? scriptedReply(rule.answer, entry.protocol, requestId)
        : undefined;
    const model = rule?.answer.kind === 'model' ? rule.answer : undefined;
    const reply = scripted ?? this.vendorReply(entry, { credential, requestId, model });
    const idHeader = entry.protocol === 'anthropic-messages' ? 'request-id' : 'x-request-id';
    const sent = {
      ...reply,
      headers: { [idHeader]: requestId, ...reply.headers },
      pacing: { ...reply.pacing, ...rule?.pacing },
    };
    const overloaded = { status: entry.protocol === 'anthropic-messages' ? 529 : 503, message: 'Overloaded' };
    const brokenOff = { text: errorFrame(entry.protocol, overloaded, requestId) };
    await new Delivery(response, sent, entry, this.journal, brokenOff).run();
  }

  private vendorReply(entry: JournalEntry, given: Given): Reply {
    const { method, path, protocol } = entry;
    const refuse = (error: VendorError): Reply => errorReply(protocol, error, given.requestId);
    const unauthorized = credentialError(protocol, given.credential);
    if (unauthorized !== undefined) return refuse(unauthorized);
    if (method === 'GET' && (path === MODELS_PATH || path.startsWith(`${MODELS_PATH}/`))) {
      const id = path.slice(MODELS_PATH.length + 1);
      const body = modelsBody(
        protocol === 'anthropic-messages',
        id === '' ? undefined : decodeURIComponent(id),
      );
      return body === undefined
        ? refuse({ status: 404, message: `model: ${id}`, code: 'model_not_found' })
        : jsonReply(200, body);
    }
    const isKnown = POST_PATHS.includes(path) || geminiCall(path, entry.query) !== undefined;
    if (method !== 'POST' || !isKnown) {
      return refuse({ status: 404, message: `Invalid URL (${method} ${path})` });
    }
    if (path === COUNT_PATH) return jsonReply(200, this.vendor.countTokens(asObject(entry.body) ?? {}));
    if (path === EMBEDDINGS_PATH) {
      const reply = embeddingsReply(asObject(entry.body) ?? {});
      return 'message' in reply ? refuse(reply) : reply;
    }
    const refusal = this.vendor.refusal(entry);
    return refusal === undefined ? this.vendor.answer(entry, given.model) : refuse(refusal);
  }
}

/** What an answer depends on beside the journal entry. */
interface Given {
  credential: string | undefined;
  requestId: string;
  model: Parameters<Vendor['answer']>[1];
}

async function bodyText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function splitUrl(url: string): { path: string; query: string } {
  const at = url.indexOf('?');
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

function protocolOf(path: string, request: IncomingMessage): SimulatedProtocol {
  if (path === CHAT_PATH) return 'openai-chat';
  if (path === RESPONSES_PATH) return 'openai-responses';
  if (path.startsWith(GEMINI_PREFIX)) return 'google-gemini';
  if (path === MESSAGES_PATH || path === COUNT_PATH) return 'anthropic-messages';
  return request.headers['anthropic-version'] === undefined ? 'other' : 'anthropic-messages';
}

/** The bearer token; Anthropic's routes take `x-api-key` first, Google's take `x-goog-api-key` alone. */
function credentialOf(request: IncomingMessage, protocol: SimulatedProtocol): string | undefined {
  const apiKey = request.headers['x-api-key'];
  const googleKey = request.headers['x-goog-api-key'];
  if (protocol === 'google-gemini') return typeof googleKey === 'string' ? googleKey : undefined;
  if (protocol === 'anthropic-messages' && typeof apiKey === 'string') return apiKey;
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
