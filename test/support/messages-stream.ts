import { asObject, isObject, tryParseJson, type JsonObject } from '../../src/core/json.js';
import { SseParser } from '../../src/protocols/sse.js';

/** One frame of a Messages stream as a client reads it. */
export interface MessagesFrame {
  event: string | undefined;
  data: JsonObject;
}

/** Wire text of Messages events, each named by its own type. */
export const messagesWire = (events: readonly JsonObject[]): string =>
  events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join('');

/** The frames of a wire text; `[DONE]` is left out. */
export function messagesFrames(wire: string): MessagesFrame[] {
  const parser = new SseParser();
  return [...parser.push(Buffer.from(wire)), ...parser.end()]
    .filter((frame) => frame.data !== '[DONE]')
    .map((frame) => {
      const data = tryParseJson(frame.data);
      if (!isObject(data)) throw new Error(`not a JSON object: ${frame.data}`);
      return { event: frame.event, data };
    });
}

/**
 * What is wrong with a Messages stream for the strictest client: a name on every frame, one `message_start` with usage
 * first, blocks numbered from 0 and open one at a time, one `message_delta` with usage, `message_stop` last.
 */
export function messagesStreamFaults(wire: string): string[] {
  const faults: string[] = [];
  const frames = messagesFrames(wire).filter(({ data }) => data['type'] !== 'ping');
  const types = frames.map(({ data }) => data['type']);
  for (const { event, data } of frames)
    if (event !== data['type']) faults.push(`${String(data['type'])} is named ${event}`);
  if (types[0] !== 'message_start') faults.push('does not begin with message_start');
  if (types.at(-1) !== 'message_stop') faults.push('does not end with message_stop');
  if (types.at(-2) !== 'message_delta') faults.push('message_delta is not before message_stop');
  for (const once of ['message_start', 'message_delta', 'message_stop']) {
    if (types.filter((type) => type === once).length !== 1) faults.push(`${once} is not there once`);
  }
  const message = asObject(frames[0]?.data['message']);
  if (!isObject(message?.['usage'])) faults.push('message_start without usage');
  const delta = frames.find(({ data }) => data['type'] === 'message_delta')?.data;
  if (!isObject(delta?.['usage'])) faults.push('message_delta without usage');
  if (typeof asObject(delta?.['delta'])?.['stop_reason'] !== 'string')
    faults.push('message_delta without stop_reason');
  return [...faults, ...blockFaults(frames)];
}

function blockFaults(frames: readonly MessagesFrame[]): string[] {
  const faults: string[] = [];
  let next = 0;
  let open: number | undefined;
  for (const { data } of frames) {
    if (data['type'] === 'content_block_start') {
      if (open !== undefined) faults.push(`block ${next} starts while ${open} is open`);
      if (data['index'] !== next) faults.push(`block ${String(data['index'])} where ${next} is due`);
      open = next++;
    } else if (data['type'] === 'content_block_delta') {
      if (data['index'] !== open) faults.push(`delta for block ${String(data['index'])}, which is not open`);
    } else if (data['type'] === 'content_block_stop') {
      if (data['index'] !== open) faults.push(`stop of block ${String(data['index'])}, which is not open`);
      open = undefined;
    }
  }
  return open === undefined ? faults : [...faults, `block ${open} is left open`];
}
