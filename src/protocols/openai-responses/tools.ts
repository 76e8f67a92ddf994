import { invalidRequest } from '../../core/errors.js';
import { asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { CompletionRequest, ToolChoice, ToolDefinition } from '../completion.js';
import {
  readArray,
  readBoolean,
  readObject,
  readString,
  readWord,
  requireObject,
  requireString,
} from '../openai-chat/wire.js';
import { toolName } from '../openai-chat/tools.js';
import type { ToolNames } from '../tool-names.js';
import { dropped } from '../warnings.js';
import { flatName } from './client-tools.js';
import { compact } from './wire.js';

/** Longest function name that any vendor takes. */
const MAX_NAME = 128;

/** A namespace that encloses a tool. */
interface Namespace {
  name: string;
  description: string | undefined;
}

/** The argument of a custom tool when it is said as a function. */
const CUSTOM_PARAMETERS = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole input of the tool' } },
  required: ['input'],
  additionalProperties: false,
};

function requireName(tool: JsonObject, path: string): string {
  const name = requireString(tool, 'name', path);
  if (name.length <= MAX_NAME) return name;
  throw invalidRequest(`${path}.name must have at most ${MAX_NAME} characters`, `${path}.name`);
}

/** A description that also says what the namespace is for, which only this protocol tells apart. */
function described(description: string | undefined, namespace: Namespace | undefined): string | undefined {
  if (!namespace?.description) return description;
  const note = `(${namespace.name}: ${namespace.description})`;
  return description ? `${description}\n\n${note}` : note;
}

function decodeFunction(tool: JsonObject, path: string, namespace?: Namespace): ToolDefinition {
  return compact<ToolDefinition>({
    kind: 'function',
    name: flatName(requireName(tool, path), namespace?.name),
    description: described(readString(tool, 'description', path), namespace),
    parameters: readObject(tool, 'parameters', path),
    strict: readBoolean(tool, 'strict', path),
  });
}

/** A custom tool takes one text, of a grammar or not; every other protocol can only be told so in words. */
function decodeCustom(tool: JsonObject, path: string, namespace?: Namespace): ToolDefinition {
  const format = readObject(tool, 'format', path);
  const definition = asString(format?.['definition']);
  const grammar = definition === undefined ? '' : `The input must follow this grammar:\n${definition}`;
  const description = [readString(tool, 'description', path) ?? '', grammar]
    .filter((text) => text !== '')
    .join('\n\n');
  return compact<ToolDefinition>({
    kind: 'function',
    name: flatName(requireName(tool, path), namespace?.name),
    description: described(description === '' ? undefined : description, namespace),
    parameters: CUSTOM_PARAMETERS,
  });
}

function decodeTool(value: JsonValue, path: string): ToolDefinition[] {
  const tool = requireObject(value, path);
  const type = requireString(tool, 'type', path);
  if (type === 'function') return [decodeFunction(tool, path)];
  if (type === 'custom') return [decodeCustom(tool, path)];
  if (type !== 'namespace') return [{ kind: 'server', protocol: 'openai-responses', raw: tool }];
  const namespace = { name: requireName(tool, path), description: readString(tool, 'description', path) };
  return (readArray(tool, 'tools', path) ?? []).map((inner, index) => {
    const innerPath = `${path}.tools.${index}`;
    const declared = requireObject(inner, innerPath);
    requireString(declared, 'type', innerPath);
    const kind = readWord(declared, 'type', ['function', 'custom'], innerPath);
    const decode = kind === 'custom' ? decodeCustom : decodeFunction;
    return decode(declared, innerPath, namespace);
  });
}

/** Reads `tools`; those of a namespace stand on their own under flat names. Undefined when none is declared. */
export function decodeTools(body: JsonObject): ToolDefinition[] | undefined {
  const tools = (readArray(body, 'tools') ?? []).flatMap((tool, index) => decodeTool(tool, `tools.${index}`));
  return tools.length > 0 ? tools : undefined;
}

function chosenName(choice: JsonObject, path: string): string {
  const type = requireString(choice, 'type', path);
  if (type !== 'function' && type !== 'custom') return type;
  return flatName(requireString(choice, 'name', path), readString(choice, 'namespace', path));
}

function declared(name: string, tools: readonly ToolDefinition[], path: string): ToolDefinition {
  const found = tools.find((tool) => toolName(tool) === name);
  if (found) return found;
  throw invalidRequest(`${path} names "${name}", which is not declared in tools`, path);
}

/** A choice among some of the tools (mapping row 19). */
function allowedTools(choice: JsonObject, tools: readonly ToolDefinition[]): ToolChoice {
  const path = 'tool_choice';
  const mode = readWord(choice, 'mode', ['auto', 'required'], path) ?? 'auto';
  const list = readArray(choice, 'tools', path);
  if (!list || list.length === 0) {
    throw invalidRequest('tool_choice.tools must hold at least one tool', 'tool_choice.tools');
  }
  const allowed = list.map((item, index) => {
    const itemPath = `tool_choice.tools.${index}`;
    return toolName(declared(chosenName(requireObject(item, itemPath), itemPath), tools, itemPath));
  });
  return { kind: mode, allowed };
}

/**
 * Reads `tool_choice`. Without tools it has no meaning and is ignored with a warning (statement 30); a tool that is
 * not declared is refused.
 */
export function decodeToolChoice(
  body: JsonObject,
  tools: ToolDefinition[] | undefined,
  warnings: string[],
): ToolChoice | undefined {
  const given = body['tool_choice'] ?? undefined;
  if (given === undefined) return undefined;
  const isWord = given === 'none' || given === 'auto' || given === 'required';
  if (!isWord && !isObject(given)) {
    throw invalidRequest('tool_choice must be "none", "auto", "required" or a tool', 'tool_choice');
  }
  if (!tools) {
    // Clients send "auto" whether they have tools or not; leaving that out loses nothing.
    if (given !== 'auto' && given !== 'none')
      warnings.push(dropped('tool_choice', 'the request declares no tools'));
    return undefined;
  }
  if (isWord) return { kind: given };
  if (given['type'] === 'allowed_tools') return allowedTools(given, tools);
  const name = chosenName(given, 'tool_choice');
  declared(name, tools, 'tool_choice');
  return { kind: 'tool', name };
}

function encodeTool(tool: ToolDefinition, names: ToolNames): JsonObject {
  if (tool.kind === 'server') return tool.raw;
  return compact<JsonObject>({
    type: 'function',
    name: names.wire(tool.name),
    description: tool.description,
    parameters: tool.parameters ?? { type: 'object', properties: {} },
    // This protocol is strict unless told otherwise; a caller who did not ask for it is not held to it (row 26).
    strict: tool.strict ?? false,
  });
}

/** What the tools of a request are written with. */
export interface ToolContext {
  names: ToolNames;
  warnings: string[];
}

/**
 * The tool members of an upstream request. Server tools of other protocols are left out with a warning, never sent
 * as functions (mapping row 50); a choice that named one goes with it.
 */
export function encodeTools(request: CompletionRequest, { names, warnings }: ToolContext): JsonObject {
  const tools = (request.tools ?? []).filter((tool) => {
    const carried = tool.kind === 'function' || tool.protocol === 'openai-responses';
    if (!carried) warnings.push(dropped(`tools.${toolName(tool)}`, "this model's provider does not have it"));
    return carried;
  });
  const named = (name: string): JsonObject => {
    const tool = tools.find((candidate) => toolName(candidate) === name);
    return tool?.kind === 'server' ? { type: name } : { type: 'function', name: names.wire(name) };
  };
  const isKept = (name: string): boolean => tools.some((tool) => toolName(tool) === name);
  const choice = keptChoice(request.toolChoice, { isKept, hasTools: tools.length > 0 }, warnings);
  if (tools.length === 0) return {};
  return compact<JsonObject>({
    tools: tools.map((tool) => encodeTool(tool, names)),
    tool_choice: choice && encodeChoice(choice, named),
    parallel_tool_calls: request.parallelToolCalls,
  });
}

/** The choice without tools that were left out. */
function keptChoice(
  choice: ToolChoice | undefined,
  { isKept, hasTools }: { isKept: (name: string) => boolean; hasTools: boolean },
  warnings: string[],
): ToolChoice | undefined {
  if (choice?.kind === 'required' && !hasTools) {
    warnings.push(dropped('tool_choice', 'there are no tools to choose from'));
    return undefined;
  }
  if (choice?.kind === 'tool' && !isKept(choice.name)) {
    warnings.push(dropped('tool_choice', 'the tool it names was left out'));
    return undefined;
  }
  if (choice === undefined || choice.kind === 'tool' || choice.kind === 'none') return choice;
  const allowed = choice.allowed?.filter(isKept);
  return allowed && allowed.length > 0 ? { kind: choice.kind, allowed } : { kind: choice.kind };
}

function encodeChoice(choice: ToolChoice, named: (name: string) => JsonObject): JsonValue {
  if (choice.kind === 'tool') return named(choice.name);
  if (choice.kind === 'none' || choice.allowed === undefined) return choice.kind;
  return { type: 'allowed_tools', mode: choice.kind, tools: choice.allowed.map(named) };
}
