import { asString, isObject, tryParseJson, type JsonObject } from '../../core/json.js';
import type { CompletionEvent } from '../completion.js';
import { ISSUER, parseSignature } from './signature.js';
import { fromWireId } from './tool-ids.js';

/** Hands out block numbers, rising within one stream. */
export interface BlockNumbers {
  next(): number;
}

/** One content block of an upstream stream that has started and not ended. */
export interface OpenBlock {
  delta(delta: JsonObject): CompletionEvent[];
  end(): CompletionEvent[];
}

/** Starts a block: what to say at once, and the block. */
export interface StartedBlock {
  events: CompletionEvent[];
  block: OpenBlock;
}

const NOTHING: CompletionEvent[] = [];

function startText(raw: JsonObject, numbers: BlockNumbers): StartedBlock {
  const block = numbers.next();
  const text = asString(raw['text']) ?? '';
  const events: CompletionEvent[] = [{ type: 'text-start', block }];
  if (text !== '') events.push({ type: 'text-delta', block, text });
  for (const citation of Array.isArray(raw['citations']) ? raw['citations'] : []) {
    events.push({ type: 'citation', block, citation });
  }
  return {
    events,
    block: {
      delta: (delta) => {
        if (delta['type'] === 'text_delta' && typeof delta['text'] === 'string') {
          return delta['text'] === '' ? NOTHING : [{ type: 'text-delta', block, text: delta['text'] }];
        }
        const citation = delta['citation'];
        if (delta['type'] !== 'citations_delta' || citation === undefined) return NOTHING;
        return [{ type: 'citation', block, citation }];
      },
      end: () => [{ type: 'text-end', block }],
    },
  };
}

function startThinking(raw: JsonObject, numbers: BlockNumbers): StartedBlock {
  const block = numbers.next();
  const text = asString(raw['thinking']) ?? '';
  let signature = asString(raw['signature']) ?? '';
  const events: CompletionEvent[] = [{ type: 'thinking-start', block }];
  if (text !== '') events.push({ type: 'thinking-delta', block, text });
  return {
    events,
    block: {
      delta: (delta) => {
        if (delta['type'] === 'signature_delta') signature += asString(delta['signature']) ?? '';
        const more = delta['type'] === 'thinking_delta' ? (asString(delta['thinking']) ?? '') : '';
        return more === '' ? NOTHING : [{ type: 'thinking-delta', block, text: more }];
      },
      end: () => {
        const signed = parseSignature(signature);
        const end: CompletionEvent = { type: 'thinking-end', block };
        return signed === undefined ? [end] : [{ type: 'thinking-signature', block, signature: signed }, end];
      },
    },
  };
}

function startRedacted(raw: JsonObject, numbers: BlockNumbers): StartedBlock {
  const { issuer, value } = parseSignature(asString(raw['data']) ?? '') ?? { issuer: ISSUER, value: '' };
  return {
    events: [{ type: 'redacted-thinking', block: numbers.next(), data: value, issuer }],
    block: { delta: () => NOTHING, end: () => NOTHING },
  };
}

/** A tool call. Its input may come whole in the start, in pieces, or not at all ("{}" then). */
function startToolUse(raw: JsonObject, numbers: BlockNumbers): StartedBlock {
  const block = numbers.next();
  let hasPieces = false;
  return {
    events: [
      {
        type: 'tool-start',
        block,
        id: fromWireId(asString(raw['id']) ?? `toolu_${block}`),
        name: asString(raw['name']) ?? '',
      },
    ],
    block: {
      delta: (delta) => {
        const text = delta['type'] === 'input_json_delta' ? (asString(delta['partial_json']) ?? '') : '';
        if (text === '') return NOTHING;
        hasPieces = true;
        return [{ type: 'tool-delta', block, text }];
      },
      end: () => {
        const end: CompletionEvent = { type: 'tool-end', block };
        const text = JSON.stringify(raw['input'] ?? {});
        return hasPieces ? [end] : [{ type: 'tool-delta', block, text }, end];
      },
    },
  };
}

/** A block only this protocol knows (server tools, compaction, newer ones): collected, and shown when complete. */
function startOpaque(raw: JsonObject, numbers: BlockNumbers): StartedBlock {
  const whole: JsonObject = { ...raw };
  let input = '';
  return {
    events: NOTHING,
    block: {
      delta: (delta) => {
        if (delta['type'] === 'input_json_delta') input += asString(delta['partial_json']) ?? '';
        else mergeDelta(whole, delta);
        return NOTHING;
      },
      end: () => {
        if (input !== '') whole['input'] = tryParseJson(input) ?? { _raw: input };
        return [{ type: 'opaque-block', block: numbers.next(), protocol: 'anthropic-messages', raw: whole }];
      },
    },
  };
}

/** Adds an unknown delta to its block: texts grow, everything else is set. */
function mergeDelta(whole: JsonObject, delta: JsonObject): void {
  for (const [name, value] of Object.entries(delta)) {
    if (name === 'type' || value === undefined) continue;
    const before = whole[name];
    whole[name] = typeof before === 'string' && typeof value === 'string' ? before + value : value;
  }
}

const STARTS: Readonly<Record<string, (raw: JsonObject, numbers: BlockNumbers) => StartedBlock>> = {
  text: startText,
  thinking: startThinking,
  redacted_thinking: startRedacted,
  tool_use: startToolUse,
};

/** The block that a `content_block_start` begins; one of a type nobody knows is kept as it came. */
export function startBlock(raw: JsonObject, numbers: BlockNumbers): StartedBlock {
  const type = asString(raw['type']) ?? '';
  return ((Object.hasOwn(STARTS, type) ? STARTS[type] : undefined) ?? startOpaque)(raw, numbers);
}

/** The block that a delta without a start must belong to; undefined when it cannot be known. */
export function impliedBlock(delta: unknown): JsonObject | undefined {
  if (!isObject(delta)) return undefined;
  if (delta['type'] === 'text_delta') return { type: 'text' };
  return delta['type'] === 'thinking_delta' ? { type: 'thinking' } : undefined;
}
