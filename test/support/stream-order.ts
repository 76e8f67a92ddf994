import type { JsonObject } from '../../src/core/json.js';
import { asArray, asObject, isObject } from '../../src/core/json.js';
import type { CompletionEvent } from '../../src/protocols/completion.js';

/** What is wrong with the order of a stream's events; empty when nothing is. */
export function eventOrderFaults(events: readonly CompletionEvent[]): string[] {
  const faults: string[] = [];
  const open = new Set<number>();
  const finished = new Set<number>();
  let highest = -1;
  let failed = false;
  for (const event of events) {
    if (failed) faults.push(`${event.type} after the error`);
    if (event.type === 'error') failed = true;
    if ('choice' in event && event.type !== 'finish' && finished.has(event.choice ?? 0)) {
      faults.push(`${event.type} after the finish of choice ${event.choice ?? 0}`);
    }
    if (event.type === 'finish') {
      if (finished.has(event.choice ?? 0)) faults.push(`choice ${event.choice ?? 0} finished twice`);
      finished.add(event.choice ?? 0);
    }
    if (!('block' in event)) continue;
    const { block } = event;
    if (
      event.type.endsWith('-start') ||
      event.type === 'redacted-thinking' ||
      event.type === 'opaque-block'
    ) {
      if (block <= highest) faults.push(`block ${block} does not rise`);
      highest = block;
      if (event.type.endsWith('-start')) open.add(block);
    } else if (!open.has(block)) faults.push(`${event.type} for block ${block}, which is not open`);
    if (event.type.endsWith('-end')) open.delete(block);
  }
  if (!failed && finished.size === 0) faults.push('no finish');
  if (!failed && open.size > 0) faults.push(`left open: ${[...open].join(', ')}`);
  return faults;
}

/** The chunks of a Chat wire text, without the terminator. */
export function chatChunks(wire: string): JsonObject[] {
  const frames = wire.split('\n\n').filter((frame) => frame.startsWith('data: {'));
  return frames.map((frame) => JSON.parse(frame.slice('data: '.length)) as JsonObject);
}

const PHASES = ['search_done', 'content', 'finish', 'usage'];

function deltaFaults(type: string, choice: JsonObject, roles: Set<unknown>): string[] {
  const delta = asObject(choice['delta']);
  if (!delta) return [`${type} chunk without delta`];
  if (type === 'finish') {
    const faults = Object.keys(delta).length > 0 ? ['finish chunk with a filled delta'] : [];
    return typeof choice['finish_reason'] === 'string'
      ? faults
      : [...faults, 'finish chunk without a reason'];
  }
  const faults: string[] = [];
  if (choice['finish_reason'] !== null && choice['finish_reason'] !== undefined)
    faults.push('finish_reason on a content chunk');
  if (!roles.has(choice['index']) && delta['role'] !== 'assistant') faults.push('first delta without role');
  roles.add(choice['index']);
  for (const call of asArray(delta['tool_calls'])) {
    if (!isObject(call) || typeof call['index'] !== 'number') faults.push('tool delta without index');
  }
  return faults;
}

/**
 * What is wrong with a Chat stream for the strictest client: order of the chunk types, one identity, a role
 * first, one finish for each choice, usage once and only in its own chunk, the terminator last.
 */
export function chatStreamFaults(wire: string): string[] {
  const faults: string[] = [];
  const chunks = chatChunks(wire);
  if (!wire.endsWith('data: [DONE]\n\n')) faults.push('does not end with [DONE]');
  const identities = new Set(
    chunks.map((chunk) => JSON.stringify([chunk['id'], chunk['created'], chunk['model']])),
  );
  if (identities.size !== 1) faults.push(`${identities.size} identities`);
  const roles = new Set<unknown>();
  const finished: unknown[] = [];
  let phase = 0;
  for (const chunk of chunks) {
    const type = String(chunk['type']);
    if (chunk['object'] !== 'chat.completion.chunk') faults.push('wrong object');
    if (!PHASES.includes(type)) faults.push(`unknown type ${type}`);
    if (PHASES.indexOf(type) < phase) faults.push(`${type} after ${PHASES[phase]}`);
    phase = Math.max(phase, PHASES.indexOf(type));
    if (type !== 'usage' && chunk['usage'] !== undefined) faults.push(`usage on a ${type} chunk`);
    for (const choice of asArray(chunk['choices']).filter(isObject)) {
      if (choice['usage'] !== undefined) faults.push('usage inside a choice');
      faults.push(...deltaFaults(type, choice, roles));
      if (type === 'finish') finished.push(choice['index']);
    }
  }
  if (finished.length === 0) faults.push('no finish chunk');
  if (new Set(finished).size !== finished.length) faults.push('a choice finished twice');
  const usageChunks = chunks.filter((chunk) => chunk['type'] === 'usage');
  if (usageChunks.length !== 1) faults.push(`${usageChunks.length} usage chunks`);
  if (usageChunks.some((chunk) => asArray(chunk['choices']).length > 0))
    faults.push('usage chunk with choices');
  return faults;
}
