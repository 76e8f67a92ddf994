import { asArray, asObject, asString, type JsonObject } from '../../core/json.js';
import { blocksOf } from './messages-prompt.js';
import { isSignatureOf } from './signature.js';
import type { VendorError } from './vendor-errors.js';

/** Consecutive messages of one role, which Anthropic reads as one turn. */
interface Turn {
  role: string;
  /** Index of the turn's first message. */
  index: number;
  blocks: JsonObject[];
}

const invalid = (message: string): VendorError => ({ status: 400, message });
const TOOL_ID = /^[a-zA-Z0-9_-]+$/;

/** What is wrong with the conversation: roles, empty text, unpaired tool use, thinking that was altered. */
export function messagesTurnError(body: JsonObject): VendorError | undefined {
  const messages = asArray(body.messages).map((message) => asObject(message) ?? {});
  return (
    roleError(messages) ??
    messages.flatMap((message, index) => contentError(message, index) ?? [])[0] ??
    pairingError(turnsOf(messages)) ??
    missingThinkingError(body, turnsOf(messages))
  );
}

/** A system message may stand in the middle of a conversation; it belongs to no turn. */
function turnsOf(messages: JsonObject[]): Turn[] {
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    const role = asString(message.role) ?? '';
    if (role === 'system') continue;
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocksOf(message.content));
    else turns.push({ role, index, blocks: blocksOf(message.content) });
  }
  return turns;
}

function roleError(messages: JsonObject[]): VendorError | undefined {
  const wrong = messages.findIndex(
    ({ role }) => role !== 'user' && role !== 'assistant' && role !== 'system',
  );
  if (wrong >= 0) return invalid(`messages.${wrong}.role: Input should be 'user' or 'assistant'`);
  if (messages[0]?.role === 'user') return undefined;
  return invalid('messages: first message must use the "user" role');
}

function contentError(message: JsonObject, index: number): VendorError | undefined {
  if (typeof message.content !== 'string' && !Array.isArray(message.content)) {
    return invalid(`messages.${index}.content: Field required`);
  }
  for (const [place, block] of blocksOf(message.content).entries()) {
    const at = `messages.${index}.content.${place}`;
    if (block.type === 'text' && block.text === '')
      return invalid('messages: text content blocks must be non-empty');
    if (block.type === 'tool_use' && !TOOL_ID.test(asString(block.id) ?? '')) {
      return invalid(`${at}.tool_use.id: String should match pattern '${TOOL_ID.source}'`);
    }
    if (block.type === 'tool_use' && asObject(block.input) === undefined) {
      return invalid(`${at}.tool_use.input: Input should be a valid dictionary`);
    }
    if (block.type === 'redacted_thinking' && !asString(block.data)) {
      return invalid(`${at}: Invalid \`data\` in \`redacted_thinking\` block`);
    }
    if (block.type !== 'thinking') continue;
    const signature = asString(block.signature);
    if (signature === undefined) return invalid(`${at}.thinking.signature: Field required`);
    if (!isSignatureOf(asString(block.thinking) ?? '', signature)) {
      return invalid(`${at}: Invalid \`signature\` in \`thinking\` block`);
    }
  }
  return undefined;
}

/** Every tool_use is answered in the very next turn, and every tool_result answers the turn before it. */
function pairingError(turns: Turn[]): VendorError | undefined {
  for (const [at, turn] of turns.entries()) {
    const used = turn.blocks.filter((block) => block.type === 'tool_use').map((block) => block.id);
    const next = turns[at + 1]?.blocks ?? [];
    const answered = next.filter((block) => block.type === 'tool_result').map((block) => block.tool_use_id);
    const open = used.filter((id) => !answered.includes(id));
    if (open.length > 0) {
      const rule = 'Each `tool_use` block must have a corresponding `tool_result` block in the next message.';
      const found = `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}`;
      return invalid(`messages.${turn.index}: ${found}. ${rule}`);
    }
    const before = turns[at - 1]?.blocks ?? [];
    const stray = turn.blocks.findIndex(
      ({ type, tool_use_id: id }) =>
        type === 'tool_result' && !before.some((block) => block.type === 'tool_use' && block.id === id),
    );
    if (stray < 0) continue;
    const rule =
      'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.';
    const found = `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${String(turn.blocks[stray]?.tool_use_id)}`;
    return invalid(`messages.${turn.index}.content.${stray}: ${found}. ${rule}`);
  }
  return undefined;
}

/** With thinking enabled, the assistant turn whose tools are being answered must start with its thinking. */
function missingThinkingError(body: JsonObject, turns: Turn[]): VendorError | undefined {
  if (asObject(body.thinking)?.type !== 'enabled') return undefined;
  const last = turns.findLast((turn) => turn.role === 'assistant');
  const usesTools = last?.blocks.some((block) => block.type === 'tool_use') === true;
  const first = asString(last?.blocks[0]?.type) ?? '';
  if (last === undefined || !usesTools || turns.at(-1)?.role !== 'user') return undefined;
  if (first === 'thinking' || first === 'redacted_thinking') return undefined;
  const expected = 'Expected `thinking` or `redacted_thinking`, but found';
  const rule = 'When `thinking` is enabled, a final `assistant` message must start with a thinking block';
  return invalid(`messages.${last.index}.content.0.type: ${expected} \`${first}\`. ${rule}.`);
}
