import type { JsonObject, JsonValue } from '../../core/json.js';
import type { TokenUsage } from '../../core/token-usage.js';
import type { FinishReason } from '../completion.js';
import type { ResponseIdentity } from '../protocol.js';
import { dataEvent } from '../sse.js';
import { encodeFinishReason } from './finish-reason.js';
import { warningText } from './response.js';
import { DONE } from './stream-decode.js';
import { encodeUsage } from './usage.js';

/** Octen's word for what a chunk carries, in the order a stream sends them (statement 37). */
export type ChunkType = 'search_done' | 'content' | 'finish' | 'usage';

/** `object` of every chunk. */
export const CHUNK_OBJECT = 'chat.completion.chunk';

/** Writes the chunks of one stream: all share id, created and model (statement 40). */
export class ChunkWriter {
  /** The shared members as JSON text by name, for splicing into an upstream's own chunk. */
  readonly members: Readonly<Record<'id' | 'created' | 'model', string>>;
  private readonly shared: string;

  constructor(private readonly identity: ResponseIdentity) {
    const { id, createdAt, model } = identity;
    this.members = { id: JSON.stringify(id), created: String(createdAt), model: JSON.stringify(model) };
    const { members } = this;
    this.shared = `"id":${members.id},"object":"${CHUNK_OBJECT}","created":${members.created},"model":${members.model}`;
  }

  /** The chunk that tells of searches; `choices` is there, empty, for clients that read it in every chunk. */
  searchDone(groups: JsonValue): string {
    return this.chunk('search_done', `"choices":[],"search_results":${JSON.stringify(groups)}`);
  }

  /** One content chunk of one choice. */
  content(index: number, delta: JsonObject, logprobs?: JsonValue): string {
    const noted = logprobs === undefined ? '' : `,"logprobs":${JSON.stringify(logprobs)}`;
    return this.chunk(
      'content',
      `"choices":[{"index":${index},"delta":${JSON.stringify(delta)},"finish_reason":null${noted}}]`,
    );
  }

  /** The finish chunk of one choice: an empty delta and the reason (statement 41). */
  finish(index: number, reason: FinishReason): string {
    const word = encodeFinishReason(reason, this.identity);
    return this.chunk('finish', `"choices":[{"index":${index},"delta":{},"finish_reason":"${word}"}]`);
  }

  /** The usage chunk, always sent (statement 39), and the terminator. */
  closing(usage: TokenUsage): string {
    const warning = warningText(this.identity);
    const members = `"choices":[],"usage":${JSON.stringify(encodeUsage(usage, this.identity))}`;
    const noted = warning === undefined ? '' : `,"warning":${JSON.stringify(warning)}`;
    return this.chunk('usage', members + noted) + dataEvent(DONE);
  }

  private chunk(type: ChunkType, members: string): string {
    return `data: {"type":"${type}",${this.shared},${members}}\n\n`;
  }
}
