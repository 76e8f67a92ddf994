import type { CompletionResult } from '../protocols/completion.js';
import { tryParseJson, isObject } from '../core/json.js';
import { FaregateError } from '../core/errors.js';
import type { Protocol, RelayedChunk, ResponseIdentity, StreamRelay } from '../protocols/protocol.js';
import type { SseEvent } from '../protocols/sse.js';

/** Carries a stream: verbatim when both sides speak the same protocol, else decoded and said again. */
export function openRelay(client: Protocol, upstream: Protocol, identity: ResponseIdentity): StreamRelay {
  if (client === upstream) return client.passthrough.stream(identity);
  return new TranslatedRelay(client, upstream, identity);
}

class TranslatedRelay implements StreamRelay {
  private readonly decoder;
  private readonly encoder;

  constructor(client: Protocol, upstream: Protocol, identity: ResponseIdentity) {
    this.decoder = upstream.streamDecoder();
    this.encoder = client.streamEncoder(identity);
  }

  push(event: SseEvent): RelayedChunk {
    const events = this.decoder.push(event);
    let text = '';
    for (const decoded of events) if (decoded.type !== 'error') text += this.encoder.push(decoded);
    return { events, text };
  }

  end(): RelayedChunk {
    const events = this.decoder.end();
    let text = '';
    for (const decoded of events) if (decoded.type !== 'error') text += this.encoder.push(decoded);
    if (events.some((decoded) => decoded.type === 'error')) return { events, text };
    return { events, text: text + this.encoder.end() };
  }
}

/**
 * A whole answer for the client, and the same answer decoded for metering. Throws FaregateError of kind
 * `upstream` when the text is not an answer.
 */
export function relayWhole(
  text: string,
  sides: { client: Protocol; upstream: Protocol },
  identity: ResponseIdentity,
): { body: string; result: CompletionResult } {
  const { client, upstream } = sides;
  if (client === upstream) return client.passthrough.response(text, identity);
  const parsed = tryParseJson(text);
  if (!isObject(parsed)) {
    throw new FaregateError('upstream', 'The upstream sent something that is not a completion', {
      internal: text.slice(0, 500),
    });
  }
  const result = upstream.decodeResponse(parsed);
  return { body: JSON.stringify(client.encodeResponse(result, identity)), result };
}
