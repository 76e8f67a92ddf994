import { invalidRequest } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { asString, isObject } from '../../core/json.js';
import type { CompletionRequest, ToolChoice, ToolDefinition } from '../completion.js';
import { decodeCacheControl } from './content.js';
import { readArray, readBoolean, readObject, readString, requireObject, requireString } from './wire.js';

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

function choiceOfObject(choice: JsonObject, path: string): ToolChoice {
  if (path === 'function_call') return { kind: 'tool', name: requireString(choice, 'name', path) };
  const type = requireString(choice, 'type', path);
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
  if (isObject(given) && given['type'] === 'allowed_tools') {
    warnings.push('tool_choice.allowed_tools was ignored: every declared tool may be called');
    return undefined;
  }
  const choice = choiceOf(given, path);
  if (choice.kind === 'tool' && !tools.some((tool) => toolName(tool) === choice.name)) {
    throw invalidRequest(`${path} names "${choice.name}", which is not declared in tools`, path);
  }
  return choice;
}

function encodeTool(tool: ToolDefinition): JsonObject {
  if (tool.kind === 'server') return tool.raw;
  const { name, description, parameters, strict } = tool;
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(strict === undefined ? {} : { strict }),
    },
  };
}

function encodeChoice(choice: ToolChoice, tools: readonly ToolDefinition[]): JsonValue {
  if (choice.kind !== 'tool') return choice.kind;
  const chosen = tools.find((tool) => toolName(tool) === choice.name);
  if (chosen?.kind === 'server') return { type: choice.name };
  return { type: 'function', function: { name: choice.name } };
}

/**
 * The tool members of an upstream request. Server tools of other protocols are left out with a warning, never
 * sent as functions; a choice that named one of them goes with it.
 */
export function encodeTools(request: CompletionRequest, warnings: string[]): JsonObject {
  const tools = (request.tools ?? []).filter((tool) => {
    const carried = tool.kind === 'function' || tool.protocol === 'openai-chat';
    if (!carried)
      warnings.push(`tools: ${toolName(tool)} was left out: this model's provider does not have it`);
    return carried;
  });
  if (tools.length === 0) return {};
  const choice = request.toolChoice;
  const lost = choice?.kind === 'tool' && !tools.some((tool) => toolName(tool) === choice.name);
  if (lost) warnings.push('tool_choice was left out with the tool it names');
  return {
    tools: tools.map(encodeTool),
    ...(choice && !lost ? { tool_choice: encodeChoice(choice, tools) } : {}),
    ...(request.parallelToolCalls === undefined ? {} : { parallel_tool_calls: request.parallelToolCalls }),
  };
}
