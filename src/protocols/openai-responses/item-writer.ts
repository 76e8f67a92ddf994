import type { JsonObject } from '../../core/json.js';
import { namedEvent } from '../sse.js';

/** Writes the events of one stream: each with its name, its type and the next sequence number. */
export class EventWriter {
  private sequence = 0;

  /** One event; `members` are JSON text without braces. */
  text(type: string, members: string): string {
    const data = `{"type":"${type}","sequence_number":${this.sequence++},${members}}`;
    return namedEvent(type, data);
  }

  event(type: string, members: JsonObject): string {
    return this.text(type, JSON.stringify(members).slice(1, -1));
  }
}

/** One output item while it is written: its place in the response and what has been said of it. */
export class ItemWriter {
  /** `"item_id":…,"output_index":…`, which every event of the item carries. */
  private readonly place: string;

  constructor(
    private readonly writer: EventWriter,
    readonly id: string,
    readonly index: number,
  ) {
    this.place = `"item_id":${JSON.stringify(id)},"output_index":${index}`;
  }

  added(item: JsonObject): string {
    return this.writer.event('response.output_item.added', { output_index: this.index, item });
  }

  done(item: JsonObject): string {
    return this.writer.event('response.output_item.done', { output_index: this.index, item });
  }

  /** An event of the item itself. */
  say(type: string, members: JsonObject): string {
    return this.writer.text(type, `${this.place},${JSON.stringify(members).slice(1, -1)}`);
  }

  /** A delta, the event that a stream is made of; `at` is the part's index as JSON text: `"content_index":0`. */
  delta(type: string, delta: string, at = '', more = ''): string {
    return this.writer.text(type, `${this.place}${at},"delta":${JSON.stringify(delta)}${more}`);
  }
}
