import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asObject, asString, isObject } from '../../core/json.js';
import type { CompletionChoice } from '../completion.js';
import { itemTexts, ObjectText, spliceMembers } from '../json-splice.js';
import type { ResponseIdentity } from '../protocol.js';
import { flattened } from './content.js';
import { encodeFinishReason } from './finish-reason.js';
import { plainReasoning } from './reasoning.js';
import { encodeCall } from './response.js';

/** True for a tool call that the strictest client takes as it is; other kinds than functions are the vendor's own. */
function isCleanCall(call: JsonValue): boolean {
  if (!isObject(call) || !asString(call['id']) || !asString(call['type'])) return false;
  const named = asObject(call['function']);
  return named === undefined || (!!asString(named['name']) && !!asString(named['arguments']));
}

/** Members of the message, as JSON texts, that a strict client needs and the vendor left out or said in its own way. */
function messageChanges(message: JsonObject, { content }: CompletionChoice): Record<string, string> {
  const set: Record<string, string> = {};
  const flat = Array.isArray(message['content']) ? flattened(message) : message;
  if (flat !== message) set['content'] = JSON.stringify(flat['content']);
  if (!asArray(message['tool_calls']).every(isCleanCall))
    set['tool_calls'] = JSON.stringify(content.filter((part) => part.type === 'tool-call').map(encodeCall));
  if (message['refusal'] === undefined) set['refusal'] = 'null';
  if (message['reasoning'] === undefined)
    set['reasoning'] = JSON.stringify(flat['reasoning'] ?? (plainReasoning(flat) || null));
  return set;
}

/** The same for the choice around it. */
function choiceChanges(
  choice: JsonObject,
  { finishReason }: CompletionChoice,
  identity: ResponseIdentity,
): Record<string, string> {
  const set: Record<string, string> = {};
  const reason = encodeFinishReason(finishReason, identity);
  const isSaid =
    choice['finish_reason'] === reason || (finishReason === 'other' && !!choice['finish_reason']);
  if (!isSaid) set['finish_reason'] = JSON.stringify(reason);
  return set;
}

/**
 * The choices of an answer with `refusal`, `reasoning` (statement 26), plain content, and all that a strict client needs,
 * everything else byte for byte; `text` itself when nothing is missing. `text`: the JSON array whose value `choices` is.
 */
export function completedChoices(
  text: string,
  choices: readonly JsonValue[],
  { decoded, identity }: { decoded: readonly CompletionChoice[]; identity: ResponseIdentity },
): string {
  const items = itemTexts(text);
  const texts = items.filter((_, index) => isObject(choices[index]));
  const completed = choices.filter(isObject).map((choice, position) => {
    const read = decoded[position] as CompletionChoice;
    const given = asObject(choice['message']);
    const message = messageChanges(given ?? {}, read);
    const isWhole = given !== undefined && Object.keys(message).length === 0;
    const set = choiceChanges(choice, read, identity);
    if (choice['index'] === undefined) set['index'] = String(position);
    const item = texts[position] as string;
    if (isWhole && Object.keys(set).length === 0) return item;
    const inItem = new ObjectText(item);
    if (!isWhole) {
      const own = given === undefined ? undefined : inItem.valueText('message');
      set['message'] = spliceMembers(own ?? '{}', { set: message });
    }
    return inItem.spliced({ set });
  });
  const isSame = completed.length === items.length && completed.every((item, index) => item === items[index]);
  return isSame ? text : `[${completed.join(',')}]`;
}
