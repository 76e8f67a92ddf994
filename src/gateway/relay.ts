import type { CompletionEvent, CompletionResult } from '../protocols/completion.js';
import { isObject, tryParseJson, withMembers } from '../core/json.js';
import { FaregateError } from '../core/errors.js';
import { emptyUsage, type TokenUsage } from '../core/token-usage.js';
import type {
  Protocol,
  RelayedChunk,
  ResponseIdentity,
  StreamDecoder,
  StreamRelay,
  WireQuirks,
} from '../protocols/protocol.js';
import type { SseEvent } from '../protocols/sse.js';
import { failureOfAnswer } from './failed-answer.js';
import { cutAtStop, StopKeeper, type KeptStop } from './stop-keeper.js';

/** What an upstream speaks, and how its vendor and model differ. */
export interface Speaker {
  protocol: Protocol;
  quirks: WireQuirks;
  /** Stop sequences that the gateway keeps for it; absent: none. */
  stop?: KeptStop | undefined;
  /** What it used so far, as it would be charged now; there wherever `stop` is. */
  usageSoFar?: (() => TokenUsage) | undefined;
}

/** Both ends of an answer. */
export interface RelaySides extends Omit<Speaker, 'protocol'> {
  client: Protocol;
  upstream: Protocol;
  identity: ResponseIdentity;
}

/** The decoder of what an upstream sends, with what the gateway does in its place. */
export function openDecoder(
  { protocol, quirks, stop, usageSoFar = emptyUsage }: Speaker,
  { issuer }: ResponseIdentity,
): StreamDecoder {
  const decoder = protocol.streamDecoder(quirks, issuer);
  return stop ? new StopKeeper(decoder, stop, usageSoFar) : decoder;
}

/** Carries a stream: verbatim when both sides speak the same protocol, else decoded and said again. */
export function openRelay({ client, upstream, identity, ...speaker }: RelaySides): StreamRelay {
  const isVerbatim = client.name === upstream.name && !speaker.stop;
  if (isVerbatim) return client.passthrough.stream(identity, speaker.quirks);
  return new TranslatedRelay(
    client,
    openDecoder(withMembers(speaker, { protocol: upstream }), identity),
    identity,
  );
}

/** A relay that says again what a decoder finds, within a stream of several. */
export const relayOver = (
  decoder: StreamDecoder,
  relay: (events: CompletionEvent[]) => RelayedChunk,
): StreamRelay => ({
  push: (event) => relay(decoder.push(event)),
  end: () => relay(decoder.end()),
  get isComplete() {
    return decoder.isComplete === true;
  },
  get hasEnded() {
    return decoder.hasEnded === true;
  },
  isPart: true,
});

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

  get isComplete(): boolean {
    return this.decoder.isComplete === true;
  }

  get hasEnded(): boolean {
    return this.decoder.hasEnded === true;
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
  { client, upstream, identity, ...speaker }: RelaySides,
): { body: string; result: CompletionResult } {
  const isVerbatim = client.name === upstream.name && !speaker.stop;
  if (isVerbatim) return client.passthrough.response(text, identity, speaker.quirks);
  const result = decodeWhole(text, withMembers(speaker, { protocol: upstream }), identity);
  // Of an answer that failed only metering reads.
  const body = failureOfAnswer(result) ? '' : JSON.stringify(client.encodeResponse(result, identity));
  return { body, result };
}

/** A whole answer in the inner language, its tool calls under the caller's names. Throws as `relayWhole` does. */
export function decodeWhole(
  text: string,
  { protocol, quirks, stop }: Speaker,
  { toolNames, issuer }: ResponseIdentity,
): CompletionResult {
  const parsed = tryParseJson(text);
  if (!isObject(parsed)) {
    throw new FaregateError('upstream', 'The upstream sent something that is not a completion', {
      internal: text.slice(0, 500),
    });
  }
  const result = withNames(protocol.decodeResponse(parsed, quirks, issuer), toolNames);
  return stop ? cutAtStop(result, stop.sequences) : result;
}
