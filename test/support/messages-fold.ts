import { asArray, asObject, asString, isObject, tryParseJson, type JsonObject } from '../../src/core/json.js';
import type { ContentPart } from '../../src/protocols/completion.js';

/** A block as [type, what it says…], so that wire and inner language can be compared. */
export type SaidBlock = readonly unknown[];

const saidByBlock = (block: JsonObject): SaidBlock => {
  if (block['type'] === 'text') return ['text', block['text'], block['citations'] ?? []];
  if (block['type'] === 'thinking') return ['thinking', block['thinking'], block['signature'] ?? ''];
  if (block['type'] === 'redacted_thinking') return ['redacted', block['data']];
  if (block['type'] === 'tool_use') return ['tool', block['id'], block['name'], block['input']];
  return ['opaque', block];
};

/** What whole content blocks say. */
export const saidByBlocks = (blocks: readonly JsonObject[]): SaidBlock[] => blocks.map(saidByBlock);

/** What the raw events of one Messages stream say, folded in the plainest way and blind to everything else. */
export function saidByEvents(events: readonly JsonObject[]): SaidBlock[] {
  const blocks: JsonObject[] = [];
  const inputs = new Map<JsonObject, string>();
  for (const event of events) {
    const started = asObject(event['content_block']);
    if (started) blocks.push({ ...started });
    const block = blocks.at(-1);
    const delta = asObject(event['delta']);
    if (!block || !delta || event['type'] !== 'content_block_delta') continue;
    for (const [name, value] of Object.entries(delta)) {
      if (name === 'type') continue;
      if (name === 'partial_json') inputs.set(block, (inputs.get(block) ?? '') + String(value));
      else if (name === 'citation')
        block['citations'] = [...(block['citations'] as JsonObject[]), value as JsonObject];
      else block[name] = typeof block[name] === 'string' ? `${block[name]}${String(value)}` : value;
    }
  }
  for (const [block, text] of inputs) if (text !== '') block['input'] = tryParseJson(text);
  return saidByBlocks(blocks);
}

/** What canonical parts say. */
export const saidByParts = (parts: readonly ContentPart[]): SaidBlock[] =>
  parts
    .filter((part) => part.type !== 'refusal')
    .map((part) => {
      if (part.type === 'text') return ['text', part.text, part.citations ?? []];
      if (part.type === 'thinking') return ['thinking', part.text, part.signature?.value ?? ''];
      if (part.type === 'redacted-thinking') return ['redacted', part.data];
      if (part.type === 'tool-call') return ['tool', part.id, part.name, tryParseJson(part.arguments)];
      return part.type === 'opaque' ? ['opaque', part.raw] : ['unexpected', part.type];
    });

/** Tokens of the last usage that names each member: input, read, written, output. */
export function countedByEvents(events: readonly JsonObject[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const event of events) {
    const isStart = event['type'] === 'message_start';
    const usage = asObject(isStart ? asObject(event['message'])?.['usage'] : event['usage']);
    for (const name of [
      'input_tokens',
      'cache_read_input_tokens',
      'cache_creation_input_tokens',
      'output_tokens',
    ]) {
      const value = usage?.[name];
      if (typeof value === 'number' && !(isStart && name === 'output_tokens')) counted[name] = value;
    }
    // Passes that compacted the context are billed beside what the totals say.
    for (const pass of asArray(usage?.['iterations']).filter(isObject)) {
      if (pass['type'] !== 'compaction') continue;
      for (const name of ['input_tokens', 'output_tokens'])
        counted[name] = (counted[name] ?? 0) + Number(pass[name]);
    }
    const searches = asObject(usage?.['server_tool_use'])?.['web_search_requests'];
    if (typeof searches === 'number') counted['searches'] = searches;
  }
  return Object.fromEntries(Object.entries(counted).filter(([, count]) => count > 0));
}

/** One file may hold several streams after one another. */
export function streamsIn(lines: readonly string[]): string[][] {
  const streams: string[][] = [];
  let closed = true;
  for (const line of lines) {
    if (closed) streams.push([]);
    streams.at(-1)?.push(line);
    closed = asString(asObject(tryParseJson(line))?.['type']) === 'message_stop';
  }
  return streams.filter((stream) => stream.every((line) => isObject(tryParseJson(line))));
}
