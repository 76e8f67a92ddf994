import type { CompletionEvent, CompletionResult } from '../protocols/completion.js';
import { tryParseJson, isObject } from '../core/json.js';
import { FaregateError } from '../core/errors.js';
import type {
  Protocol,
  RelayedChunk,
  ResponseIdentity,
  StreamDecoder,
  StreamRelay,
  WireQuirks,
} from '../protocols/protocol.js';
import type { SseEvent } from '../protocols/sse.js';

/** What an upstream speaks, and how its vendor and model differ. */
export interface Speaker {
  protocol: Protocol;
  quirks: WireQuirks;
}

/** Both ends of an answer. */
export interface RelaySides {
  client: Protocol;
  upstream: Protocol;
  identity: ResponseIdentity;
  /** Of the vendor and model that answer. */
  quirks: WireQuirks;
}

/** Carries a stream: verbatim when both sides speak the same protocol, else decoded and said again. */
export function openRelay({ client, upstream, identity, quirks }: RelaySides): StreamRelay {
  if (client.name === upstream.name) return client.passthrough.stream(identity, quirks);
  return new TranslatedRelay(client, upstream.streamDecoder(quirks, identity.issuer), identity);
}

/** Gives a tool call the name back that the caller knows it by. */
export const withCallersName = (
  event: CompletionEvent,
  names: ResponseIdentity['toolNames'],
): CompletionEvent =>
  names && event.type === 'tool-start' ? { ...event, name: names.get(event.name) ?? event.name } : event;

/** The same for a whole answer. */
function withNames(result: CompletionResult, names: ResponseIdentity['toolNames']): CompletionResult {
  if (!names) return result;
  const choices = result.choices.map((choice) => ({
    ...choice,
    content: choice.content.map((part) =>
      part.type === 'tool-call' ? { ...part, name: names.get(part.name) ?? part.name } : part,
    ),
  }));
  return { ...result, choices };
}

class TranslatedRelay implements StreamRelay {
  private readonly encoder;
  private readonly names;

  constructor(
    client: Protocol,
    private readonly decoder: StreamDecoder,
    identity: ResponseIdentity,
  ) {
    this.names = identity.toolNames;
    this.encoder = client.streamEncoder(identity);
  }

  push(event: SseEvent): RelayedChunk {
    const events = this.decoder.push(event);
    return { events, text: this.encode(events) };
  }

  end(): RelayedChunk {
    const events = this.decoder.end();
    const text = this.encode(events);
    if (events.some((decoded) => decoded.type === 'error')) return { events, text };
    return { events, text: text + this.encoder.end() };
  }

  fail(error: FaregateError): string | undefined {
    return this.encoder.fail?.(error);
  }

  private encode(events: readonly CompletionEvent[]): string {
    let text = '';
    for (const event of events) {
      if (event.type !== 'error') text += this.encoder.push(withCallersName(event, this.names));
    }
    return text;
  }
}

/**
 * A whole answer for the client, and the same answer decoded for metering. Throws FaregateError of kind
 * `upstream` when the text is not an answer.
 */
export function relayWhole(
  text: string,
  { client, upstream, identity, quirks }: RelaySides,
): { body: string; result: CompletionResult } {
  if (client.name === upstream.name) return client.passthrough.response(text, identity, quirks);
  const result = decodeWhole(text, { protocol: upstream, quirks }, identity);
  return { body: JSON.stringify(client.encodeResponse(result, identity)), result };
}

/** A whole answer in the inner language, its tool calls under the caller's names. Throws as `relayWhole` does. */
export function decodeWhole(
  text: string,
  { protocol, quirks }: Speaker,
  { toolNames, issuer }: ResponseIdentity,
): CompletionResult {
  const parsed = tryParseJson(text);
  if (!isObject(parsed)) {
    throw new FaregateError('upstream', 'The upstream sent something that is not a completion', {
      internal: text.slice(0, 500),
    });
  }
  return withNames(protocol.decodeResponse(parsed, quirks, issuer), toolNames);
}
