import { invalidRequest } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { asString, isObject } from '../../core/json.js';
import type { CompletionRequest, ToolChoice, ToolDefinition } from '../completion.js';
import type { ToolNames } from '../tool-names.js';
import { dropped } from '../warnings.js';
import type { WireQuirks } from '../protocol.js';
import { decodeCacheControl, unmarked } from './content.js';
import { isStrictSchema } from './strict-schema.js';
import {
  readArray,
  readBoolean,
  readObject,
  readString,
  readWord,
  requireObject,
  requireString,
} from './wire.js';

/** Longest function name that any vendor takes. */
const MAX_NAME = 128;

function decodeFunction(named: JsonObject, path: string): Extract<ToolDefinition, { kind: 'function' }> {
  const name = requireString(named, 'name', path);
  if (name.length > MAX_NAME) {
    throw invalidRequest(`${path}.name must have at most ${MAX_NAME} characters`, `${path}.name`);
  }
  const description = readString(named, 'description', path);
  const parameters = readObject(named, 'parameters', path);
  const strict = readBoolean(named, 'strict', path);
  return {
    kind: 'function',
    name,
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(strict === undefined ? {} : { strict }),
  };
}

function decodeTool(value: JsonValue, path: string): ToolDefinition {
  const tool = requireObject(value, path);
  const type =
    tool['type'] === undefined && isObject(tool['function']) ? 'function' : requireString(tool, 'type', path);
  if (type !== 'function') return { kind: 'server', protocol: 'openai-chat', raw: tool };
  const named = requireObject(tool['function'], `${path}.function`);
  return { ...decodeFunction(named, `${path}.function`), ...decodeCacheControl(tool, path) };
}

/** Reads `tools`, and the older `functions`. Undefined when none is declared. */
export function decodeTools(body: JsonObject): ToolDefinition[] | undefined {
  const tools = (readArray(body, 'tools') ?? []).map((tool, index) => decodeTool(tool, `tools.${index}`));
  const functions = (readArray(body, 'functions') ?? []).map((named, index) =>
    decodeFunction(requireObject(named, `functions.${index}`), `functions.${index}`),
  );
  const all = [...tools, ...functions];
  return all.length > 0 ? all : undefined;
}

/** The name by which a tool choice may ask for a tool: a server tool goes by its type. */
export const toolName = (tool: ToolDefinition): string =>
  tool.kind === 'function' ? tool.name : (asString(tool.raw['type']) ?? '');

/** Tools that a choice names. */
function namesOf(choice: ToolChoice): readonly string[] {
  if (choice.kind === 'tool') return [choice.name];
  return choice.kind === 'none' ? [] : (choice.allowed ?? []);
}

/** A choice among some of the tools: `{type:"allowed_tools", allowed_tools:{mode, tools}}`. */
function allowedTools(choice: JsonObject, path: string): ToolChoice {
  const prefix = `${path}.allowed_tools`;
  const given = requireObject(choice['allowed_tools'], prefix);
  const mode = readWord(given, 'mode', ['auto', 'required'], prefix) ?? 'auto';
  const allowed = (readArray(given, 'tools', prefix) ?? []).map((value, index) => {
    const tool = requireObject(value, `${prefix}.tools.${index}`);
    const named = isObject(tool['function']) ? tool['function'] : tool;
    return asString(named['name']) ?? requireString(tool, 'type', `${prefix}.tools.${index}`);
  });
  return { kind: mode, allowed };
}

function choiceOfObject(choice: JsonObject, path: string): ToolChoice {
  if (path === 'function_call') return { kind: 'tool', name: requireString(choice, 'name', path) };
  const type = requireString(choice, 'type', path);
  if (type === 'allowed_tools') return allowedTools(choice, path);
  if (type !== 'function') return { kind: 'tool', name: type };
  const named = requireObject(choice['function'], `${path}.function`);
  return { kind: 'tool', name: requireString(named, 'name', `${path}.function`) };
}

function choiceOf(choice: JsonValue, path: string): ToolChoice {
  if (choice === 'none' || choice === 'auto' || choice === 'required') return { kind: choice };
  if (isObject(choice)) return choiceOfObject(choice, path);
  throw invalidRequest(`${path} must be "none", "auto", "required" or a tool`, path);
}

/**
 * Reads `tool_choice`, and the older `function_call`. Without tools it has no meaning and is ignored with a
 * warning (statement 30); a tool that is not declared is refused.
 */
export function decodeToolChoice(
  body: JsonObject,
  tools: ToolDefinition[] | undefined,
  warnings: string[],
): ToolChoice | undefined {
  const path =
    body['tool_choice'] === undefined || body['tool_choice'] === null ? 'function_call' : 'tool_choice';
  const given = body[path];
  if (given === undefined || given === null) return undefined;
  if (!tools) {
    warnings.push(`${path} was ignored: the request declares no tools`);
    return undefined;
  }
  const choice = choiceOf(given, path);
  const unknown = namesOf(choice).find((name) => !tools.some((tool) => toolName(tool) === name));
  if (unknown !== undefined) {
    throw invalidRequest(`${path} names "${unknown}", which is not declared in tools`, path);
  }
  return choice;
}

/** What encoding tools needs beside them. */
interface ToolContext {
  names: ToolNames;
  warnings: string[];
  quirks: WireQuirks;
}

function encodeTool(tool: ToolDefinition, { names, warnings }: ToolContext): JsonObject {
  if (tool.kind === 'server') return tool.raw;
  const { name, description, parameters, strict } = tool;
  const isLoose = strict === true && !isStrictSchema(parameters ?? {});
  if (isLoose) warnings.push(dropped(`tools.${name}.strict`, 'its schema leaves properties open'));
  return {
    type: 'function',
    function: {
      name: names.wire(name),
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(strict === undefined || isLoose ? {} : { strict }),
    },
  };
}

function encodeChoice(
  choice: ToolChoice,
  tools: readonly ToolDefinition[],
  names: ToolNames,
): JsonValue | undefined {
  const named = (name: string): JsonObject => {
    const chosen = tools.find((tool) => toolName(tool) === name);
    return chosen?.kind === 'server'
      ? { type: name }
      : { type: 'function', function: { name: names.wire(name) } };
  };
  if (choice.kind === 'tool') return named(choice.name);
  if (choice.kind === 'none' || choice.allowed === undefined) return choice.kind;
  return {
    type: 'allowed_tools',
    allowed_tools: { mode: choice.kind, tools: choice.allowed.map(named) },
  };
}

/**
 * The tool members of an upstream request. Server tools of other protocols are left out with a warning, never sent as
 * functions (mapping row 50); a choice that named one of them goes with it.
 */
export function encodeTools(request: CompletionRequest, context: ToolContext): JsonObject {
  const { names, warnings, quirks } = context;
  const tools = (request.tools ?? []).filter((tool) => {
    const carried = tool.kind === 'function' || tool.protocol === 'openai-chat';
    if (!carried) warnings.push(dropped(`tools.${toolName(tool)}`, "this model's provider does not have it"));
    return carried;
  });
  const choice = request.toolChoice;
  const isLost = choice && (tools.length === 0 || !namesOf(choice).every((name) => isAmong(tools, name)));
  if (isLost) warnings.push(dropped('tool_choice', 'there is no such tool to choose'));
  if (tools.length === 0) return {};
  const hasMark = tools.some((tool) => tool.kind === 'function' && tool.cacheControl);
  if (hasMark && !warnings.includes(unmarked(quirks))) warnings.push(unmarked(quirks));
  return {
    tools: tools.map((tool) => encodeTool(tool, context)),
    ...(choice && !isLost ? { tool_choice: encodeChoice(choice, tools, names) } : {}),
    ...(request.parallelToolCalls === undefined ? {} : { parallel_tool_calls: request.parallelToolCalls }),
  };
}

const isAmong = (tools: readonly ToolDefinition[], name: string): boolean =>
  tools.some((tool) => toolName(tool) === name);
