import { asString, isObject, type JsonObject } from '../../core/json.js';
import type { ContentPart, Message, ToolResultPart } from '../completion.js';
import { joinPieces, readCall, readPart, readResultMedia } from './parts-decode.js';
import { CallPairs, synthesizedId } from './tool-ids.js';
import { contentTurns } from './turns.js';
import {
  at,
  compact,
  member,
  nameIn,
  readObject,
  readObjects,
  readString,
  refuse,
  requireString,
} from './wire.js';

/** What decoding the contents found. */
export interface DecodedContents {
  messages: Message[];
  /** See CompletionRequest.rewriteMessages: calls of one turn that stand in several contents, which Google refuses. */
  rewriteMessages: boolean;
}

/**
 * `systemInstruction` and `contents` as turns: contents of the model that stand side by side are one. Function responses become
 * a `tool` turn before what the user says.
 */
export function decodeContents(body: JsonObject): DecodedContents {
  const contents = readObjects(body, 'contents');
  if (contents === undefined) return refuse('contents', 'is required and must be an array');
  if (contents.length === 0) return refuse('contents', 'must hold at least one content');
  const pairs = new CallPairs();
  const runs = contentTurns(contents.map((content, index) => readContent(content, at('contents', index))));
  const messages = runs.flatMap((run) => {
    const parts = run.flatMap((content) => content.parts);
    return run[0]?.role === 'model' ? [modelTurn(parts, pairs)] : userTurns(parts, pairs);
  });
  const hasCall = ({ parts }: LocatedContent): boolean =>
    parts.some(({ part }) => member(part, 'functionCall') !== undefined);
  return {
    messages: [...decodeSystem(body), ...messages],
    rewriteMessages: runs.some((run) => run.length > 1 && run.some(hasCall)),
  };
}

function decodeSystem(body: JsonObject): Message[] {
  const name = nameIn(body, 'systemInstruction');
  const text = asString(body[name]);
  if (text !== undefined) return text === '' ? [] : [{ role: 'system', content: [{ type: 'text', text }] }];
  const instruction = readObject(body, 'systemInstruction');
  if (instruction === undefined) return [];
  const content = (readObjects(instruction, 'parts', name) ?? []).flatMap((part, index) => {
    const path = at(at(name, 'parts'), index);
    const words = readString(part, 'text', path) ?? refuse(at(path, 'text'), 'is required');
    return words === '' ? [] : [{ type: 'text' as const, text: words }];
  });
  return content.length === 0 ? [] : [{ role: 'system', content }];
}

const ROLES = ['user', 'model', 'function', 'tool'];

interface LocatedPart {
  part: JsonObject;
  path: string;
}

interface LocatedContent {
  role: string;
  parts: LocatedPart[];
}

function readContent(content: JsonObject, path: string): LocatedContent {
  const role = readString(content, 'role', path) ?? 'user';
  if (!ROLES.includes(role)) refuse(at(path, 'role'), 'must be user or model');
  const parts = readObjects(content, 'parts', path) ?? [];
  if (parts.length === 0) refuse(at(path, 'parts'), 'is required and must hold at least one part');
  return { role, parts: parts.map((part, index) => ({ part, path: at(at(path, 'parts'), index) })) };
}

function modelTurn(parts: LocatedPart[], pairs: CallPairs): Message {
  const turn = pairs.turn();
  let calls = 0;
  const content = parts.flatMap(({ part, path }): ContentPart[] => {
    if (member(part, 'functionResponse') !== undefined)
      return refuse(at(path, 'functionResponse'), 'belongs into a content of role user');
    const call = readCall(part, path);
    if (call === undefined) return readPart(part, path);
    const whole = { ...call, id: call.id ?? synthesizedId(`turn${turn}`, calls++) };
    pairs.add(whole);
    return [whole];
  });
  return { role: 'assistant', content: joinPieces(content) };
}

function userTurns(parts: LocatedPart[], pairs: CallPairs): Message[] {
  const results: ToolResultPart[] = [];
  const content = parts.flatMap(({ part, path }) => {
    if (member(part, 'functionCall') !== undefined)
      return refuse(at(path, 'functionCall'), 'belongs into a content of role model');
    const result = readResult(part, path, pairs);
    if (result === undefined) return readPart(part, path).filter((read) => read.type !== 'thinking');
    results.push(result);
    return [];
  });
  return [
    ...(results.length === 0 ? [] : [{ role: 'tool' as const, content: results }]),
    ...(content.length === 0 && results.length > 0 ? [] : [{ role: 'user' as const, content }]),
  ];
}

function readResult(part: JsonObject, path: string, pairs: CallPairs): ToolResultPart | undefined {
  const raw = readObject(part, 'functionResponse', path);
  if (raw === undefined) return undefined;
  const own = at(path, nameIn(part, 'functionResponse'));
  const name = requireString(raw, 'name', own);
  const said = responseText(readObject(raw, 'response', own) ?? {});
  const media = (readObjects(raw, 'parts', own) ?? []).map((item, index) =>
    readResultMedia(item, at(at(own, 'parts'), index)),
  );
  return compact<ToolResultPart>({
    type: 'tool-result',
    callId: pairs.answered(readString(raw, 'id', own) || undefined, name),
    content: [
      ...(said.text === '' ? [] : [{ type: 'text' as const, text: said.text }]),
      ...media.filter((read) => read.type === 'image' || read.type === 'document' || read.type === 'opaque'),
    ],
    isError: said.isError || undefined,
  });
}

/** Keys under which SDKs put the one text of a result: Google's own, the Python SDK's, the AI SDK's. */
const OUTPUT_KEYS = ['output', 'result', 'content'];

/**
 * The text of `response`. Google documents the keys "output" and "error" (`FunctionResponse` in @google/genai); they
 * count when nothing but the tool's name stands beside them. Anything else is handed on as JSON.
 */
function responseText(response: JsonObject): { text: string; isError: boolean } {
  const keys = Object.keys(response).filter((key) => key !== 'name');
  const [only] = keys;
  const value = only === undefined ? undefined : response[only];
  if (keys.length === 1 && typeof value === 'string') {
    if (only === 'error') return { text: value, isError: true };
    if (OUTPUT_KEYS.includes(only ?? '')) return { text: value, isError: false };
  }
  const isOutput = keys.length === 1 && only === 'output' && (isObject(value) || Array.isArray(value));
  const whole = isOutput ? value : response;
  return { text: Object.keys(response).length === 0 ? '' : JSON.stringify(whole), isError: false };
}
