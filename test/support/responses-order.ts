import type { JsonObject } from '../../src/core/json.js';
import { asArray, asObject, asString, isObject } from '../../src/core/json.js';

/** The events of a Responses wire text. */
export function responsesEvents(wire: string): JsonObject[] {
  return wire
    .split('\n\n')
    .map((frame) => /^data: (\{.*)$/m.exec(frame)?.[1])
    .filter((data) => data !== undefined)
    .map((data) => JSON.parse(data) as JsonObject);
}

const CONTENT = /^response\.(output_text|refusal|content_part)\./;
const LAST = ['response.completed', 'response.incomplete', 'response.failed'];

/** What is known of one item while its events are read. */
interface Item {
  id: unknown;
  type: unknown;
  parts: Set<unknown>;
  text: string;
  arguments: string;
  argumentsDone: boolean;
  done: boolean;
}

function partFaults(item: Item, event: JsonObject): string[] {
  const { type, content_index: index } = event;
  if (type === 'response.content_part.added') {
    item.parts.add(index);
    return [];
  }
  return item.parts.has(index) ? [] : [`${String(type)} before its content_part.added`];
}

function contentFaults(item: Item, event: JsonObject): string[] {
  const type = String(event['type']);
  const faults = item.done ? [`${type} after the item was done`] : [];
  if (event['item_id'] !== undefined && event['item_id'] !== item.id)
    faults.push(`${type} has another item id`);
  if (CONTENT.test(type)) faults.push(...partFaults(item, event));
  if (type === 'response.output_text.delta') item.text += String(event['delta']);
  if (type === 'response.function_call_arguments.delta') item.arguments += String(event['delta']);
  if (type === 'response.function_call_arguments.done') {
    item.argumentsDone = true;
    if (item.arguments !== '' && event['arguments'] !== item.arguments)
      faults.push('arguments differ from their deltas');
  }
  return faults;
}

function doneFaults(item: Item, whole: JsonObject): string[] {
  item.done = true;
  const faults: string[] = [];
  const texts = asArray(whole['content'])
    .filter(isObject)
    .filter((part) => part['type'] === 'output_text');
  if (texts.some((part) => !Array.isArray(part['annotations']))) faults.push('a text without annotations');
  const text = texts.map((part) => asString(part['text']) ?? '').join('');
  if (item.type === 'message' && text !== item.text) faults.push('the text differs from its deltas');
  if (item.type === 'function_call' && !item.argumentsDone) faults.push('a call without arguments.done');
  return faults;
}

/** Reads the events between the first two and the last. */
function itemFaults(events: readonly JsonObject[], items: Map<unknown, Item>): string[] {
  return events.flatMap((event) => {
    const type = String(event['type']);
    const key = event['output_index'];
    if (key === undefined) return [];
    const known = items.get(key);
    const given = asObject(event['item']);
    if (type === 'response.output_item.added') {
      const fresh = { parts: new Set(), text: '', arguments: '', argumentsDone: false, done: false };
      items.set(key, { ...fresh, id: given?.['id'], type: given?.['type'] });
      return known ? [`item ${String(key)} begins twice`] : [];
    }
    if (!known) return [`${type} before output_item.added`];
    if (type !== 'response.output_item.done') return contentFaults(known, event);
    const sameId = given?.['id'] === known.id ? [] : ['an item changed its id'];
    return [...sameId, ...doneFaults(known, given ?? {})];
  });
}

/**
 * What is wrong with a Responses stream for the strictest client (row 74): the two opening events, every item from
 * `added` to `done` under one id, parts announced, arguments done, one last event that repeats the items, usage in it,
 * rising sequence numbers, named events, one identity, no `[DONE]`.
 */
export function responsesStreamFaults(wire: string, options: { numbered?: boolean } = {}): string[] {
  const events = responsesEvents(wire);
  const types = events.map(({ type }) => String(type));
  const faults: string[] = [];
  if (types[0] !== 'response.created') faults.push(`begins with ${types[0]}`);
  if (types[1] !== 'response.in_progress') faults.push(`${types[1]} in place of in_progress`);
  if (types.filter((type) => LAST.includes(type)).length !== 1 || !LAST.includes(types.at(-1) ?? ''))
    faults.push('not one last event');
  if (wire.includes('[DONE]')) faults.push('[DONE]');
  if (/^data:/m.test(wire.split('\n\n')[0]?.split('\n')[0] ?? '')) faults.push('events without names');
  const numbers = events.map((event) => Number(event['sequence_number']));
  if (options.numbered !== false && numbers.some((number, index) => number !== index))
    faults.push('sequence numbers');
  const responses = events
    .map((event) => asObject(event['response']))
    .filter((response) => response !== undefined);
  const identities = new Set(responses.map(({ id, model }) => JSON.stringify([id, model])));
  if (identities.size !== 1) faults.push(`${identities.size} identities`);
  const items = new Map<unknown, Item>();
  faults.push(...itemFaults(events, items));
  const last = responses.at(-1) ?? {};
  if (types.at(-1) === 'response.failed') return faults;
  if (!isObject(last['usage'])) faults.push('no usage at the end');
  const told = [...items.keys()].sort((a, b) => Number(a) - Number(b)).map((key) => items.get(key));
  if (told.some((item) => !item?.done)) faults.push('an item that never ended');
  const ids = asArray(last['output']).map((item) => asObject(item)?.['id']);
  if (JSON.stringify(ids) !== JSON.stringify(told.map((item) => item?.id)))
    faults.push('other items at the end');
  return faults;
}
