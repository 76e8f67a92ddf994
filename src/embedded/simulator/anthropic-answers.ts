import { asObject, tryParseJson, type JsonObject } from '../../core/json.js';
import type { Said } from './model.js';
import type { Frame } from './pacing.js';
import type { Prompt } from './prompt.js';
import type { Seed } from './seed.js';
import { signThinking } from './signature.js';
import { splitTokens } from './token-count.js';
import { anthropicDeltaUsage, anthropicUsage, type SimulatedUsage } from './usage.js';

/** All that a Messages answer is made of. */
export interface MessagesAnswer {
  prompt: Prompt;
  said: Said;
  seed: Seed;
  usage: SimulatedUsage;
}

const STOP_REASON = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'stop-sequence': 'stop_sequence',
  refusal: 'refusal',
};
const TOKENS_PER_DELTA = 3;

/** The body of a non-streaming answer. */
export function anthropicMessage(answer: MessagesAnswer): JsonObject {
  return {
    ...envelope(answer),
    content: blocksOf(answer).map(({ whole }) => whole),
    ...ending(answer),
    usage: anthropicUsage(answer.usage),
  };
}

/** The frames of a streaming answer, from `message_start` to `message_stop`, with `ping` third. */
export function anthropicFrames(answer: MessagesAnswer): Frame[] {
  const { usage } = answer;
  const atStart = { ...usage, output: Math.min(1, usage.output), reasoning: 0 };
  const start = {
    ...envelope(answer),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: anthropicUsage(atStart),
  };
  const inBlocks = blocksOf(answer).flatMap(({ opening, deltas }, index) => [
    frame('content_block_start', { index, content_block: opening }),
    ...deltas.map((delta) => frame('content_block_delta', { index, delta })),
    frame('content_block_stop', { index }),
  ]);
  return [
    { ...frame('message_start', { message: start }), reports: atStart },
    ...inBlocks.slice(0, 1),
    frame('ping', {}),
    ...inBlocks.slice(1),
    {
      ...frame('message_delta', { delta: ending(answer), usage: anthropicDeltaUsage(usage) }),
      reports: usage,
    },
    frame('message_stop', {}),
  ];
}

const frame = (type: string, fields: JsonObject): Frame => ({
  text: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`,
});

const envelope = ({ prompt, seed }: MessagesAnswer): JsonObject => ({
  id: `msg_01${seed.letters(22, 'message')}`,
  type: 'message',
  role: 'assistant',
  model: prompt.model,
});

const ending = ({ said }: MessagesAnswer): JsonObject => ({
  stop_reason: STOP_REASON[said.finish],
  stop_sequence: said.finish === 'stop-sequence' ? (said.stopSequence ?? null) : null,
  stop_details:
    said.finish === 'refusal' ? { type: 'refusal', category: null, explanation: said.refusal || null } : null,
});

/** A content block in both forms: whole, and as the stream builds it up. */
interface Block {
  whole: JsonObject;
  opening: JsonObject;
  deltas: JsonObject[];
}

function blocksOf(answer: MessagesAnswer): Block[] {
  const { said, seed } = answer;
  const blocks: Block[] = [];
  if (said.thinking !== '') blocks.push(said.redacted ? redactedBlock(answer) : thinkingBlock(answer));
  if (said.text !== '') blocks.push(textBlock(said.text));
  for (const [at, call] of said.toolCalls.entries()) {
    const opening = {
      type: 'tool_use',
      id: call.id ?? `toolu_01${seed.letters(22, `use ${at}`)}`,
      name: call.name,
    };
    const pieces = call.arguments === '{}' ? [] : splitTokens(call.arguments, TOKENS_PER_DELTA);
    blocks.push({
      whole: { ...opening, input: asObject(tryParseJson(call.arguments)) ?? {} },
      opening: { ...opening, input: {} },
      deltas: ['', ...pieces].map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
    });
  }
  return blocks;
}

const textBlock = (text: string): Block => ({
  whole: { type: 'text', text },
  opening: { type: 'text', text: '' },
  deltas: splitTokens(text, TOKENS_PER_DELTA).map((piece) => ({ type: 'text_delta', text: piece })),
});

/** The text is left out, but signed, when the request asked for `display: "omitted"`. */
function thinkingBlock({ said, seed, prompt }: MessagesAnswer): Block {
  const thinking = prompt.hidesThinking ? '' : said.thinking;
  const signature = signThinking(thinking, seed);
  return {
    whole: { type: 'thinking', thinking, signature },
    opening: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...splitTokens(thinking, TOKENS_PER_DELTA).map((piece) => ({
        type: 'thinking_delta',
        thinking: piece,
      })),
      { type: 'signature_delta', signature },
    ],
  };
}

function redactedBlock({ said }: MessagesAnswer): Block {
  const block = { type: 'redacted_thinking', data: Buffer.from(said.thinking).toString('base64') };
  return { whole: block, opening: block, deltas: [] };
}
