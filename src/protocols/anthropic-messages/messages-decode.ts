import type { JsonObject } from '../../core/json.js';
import type { ContentPart, Message } from '../completion.js';
import { readContent } from './content-decode.js';
import { at, readObjects, readWord, refuse } from './wire.js';

const ROLES = ['user', 'assistant', 'system'] as const;

/** Blocks that belong to one role only (Anthropic API, "Tool use": calls are the model's, results the user's). */
const ROLE_OF_BLOCK: Partial<Record<ContentPart['type'], Message['role']>> = {
  'tool-call': 'assistant',
  thinking: 'assistant',
  'redacted-thinking': 'assistant',
  'tool-result': 'user',
};

/** `system` and `messages` of a request as turns. Tool results of a user turn become a `tool` turn before it. */
export function decodeMessages(body: JsonObject): Message[] {
  const turns = readObjects(body, 'messages');
  if (turns === undefined) return refuse('messages', 'is required and must be an array');
  if (turns.length === 0) return refuse('messages', 'must hold at least one message');
  return [...decodeSystem(body), ...turns.flatMap((turn, index) => decodeTurn(turn, at('messages', index)))];
}

function decodeSystem(body: JsonObject): Message[] {
  if ((body['system'] ?? undefined) === undefined) return [];
  const content = readContent(body, 'system');
  content.forEach((part, index) => {
    if (part.type !== 'text') refuse(at('system', index), 'must be a text block');
  });
  return content.length === 0 ? [] : [{ role: 'system', content }];
}

function decodeTurn(turn: JsonObject, path: string): Message[] {
  const role = readWord(turn, 'role', { words: ROLES, path }) ?? refuse(at(path, 'role'), 'is required');
  const content = readContent(turn, 'content', path);
  content.forEach((part, index) => {
    const owner = ROLE_OF_BLOCK[part.type];
    if (owner !== undefined && owner !== role) {
      refuse(at(at(path, 'content'), index), `a block of this type must be in a message of role ${owner}`);
    }
  });
  if (role !== 'user') return [{ role, content }];
  const results = content.filter((part) => part.type === 'tool-result');
  if (results.length === 0) return [{ role, content }];
  const others = content.filter((part) => part.type !== 'tool-result');
  const tool: Message = { role: 'tool', content: results };
  return others.length === 0 ? [tool] : [tool, { role, content: others }];
}
