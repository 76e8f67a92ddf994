import { asString, type JsonObject } from '../../core/json.js';
import type { CompletionRequest, ToolChoice, ToolDefinition } from '../completion.js';
import { ToolNames } from '../tool-names.js';
import { dropped } from '../warnings.js';
import { readCacheControl } from './content-decode.js';
import { encodeCacheControl } from './content-encode.js';
import { decodableSchema } from './output-schema.js';
import {
  at,
  compact,
  readBoolean,
  readObject,
  readObjects,
  readString,
  readWord,
  refuse,
  requireObject,
  requireString,
} from './wire.js';

/** Members of a custom tool that only Anthropic knows (`Tool` in @anthropic-ai/sdk); they travel in `extra`. */
const EXTRA_MEMBERS = [
  'defer_loading',
  'eager_input_streaming',
  'input_examples',
  'allowed_callers',
] as const;

/** Name and type of the gateway's own search tool; it never reaches an upstream. */
const SEARCH_TOOL = 'octen_search';

/** `tools`: custom ones as functions, any other `type` as a server tool, kept as it came. */
export function decodeTools(body: JsonObject): ToolDefinition[] | undefined {
  return readObjects(body, 'tools')?.map((tool, index) => decodeTool(tool, at('tools', index)));
}

/** One tool; `path` is how the caller would find it. */
export function decodeTool(tool: JsonObject, path: string): ToolDefinition {
  const type = readString(tool, 'type', path) ?? 'custom';
  if (type !== 'custom') {
    if (type === SEARCH_TOOL && tool['name'] !== SEARCH_TOOL)
      refuse(at(path, 'name'), `must be "${SEARCH_TOOL}"`);
    return { kind: 'server', protocol: 'anthropic-messages', raw: tool };
  }
  const extra: JsonObject = {};
  for (const name of EXTRA_MEMBERS)
    if (tool[name] !== undefined && tool[name] !== null) extra[name] = tool[name];
  return compact<ToolDefinition>({
    kind: 'function',
    name: requireString(tool, 'name', path),
    description: readString(tool, 'description', path),
    parameters: requireObject(tool, 'input_schema', path),
    strict: readBoolean(tool, 'strict', path),
    cacheControl: readCacheControl(tool, path),
    extra: Object.keys(extra).length === 0 ? undefined : extra,
  });
}

/** `tool_choice` and the parallel switch inside it. */
export function decodeToolChoice(
  body: JsonObject,
): Pick<CompletionRequest, 'toolChoice' | 'parallelToolCalls'> {
  const path = 'tool_choice';
  const raw = readObject(body, path);
  if (raw === undefined) return {};
  const type = readWord(raw, 'type', { words: ['auto', 'any', 'tool', 'none'], path });
  const disabled = readBoolean(raw, 'disable_parallel_tool_use', path);
  return {
    toolChoice: choiceOf(type, raw),
    parallelToolCalls: disabled === undefined ? undefined : !disabled,
  };
}

function choiceOf(type: 'auto' | 'any' | 'tool' | 'none' | undefined, raw: JsonObject): ToolChoice {
  if (type === undefined) return refuse('tool_choice.type', 'is required');
  if (type === 'tool') return { kind: 'tool', name: requireString(raw, 'name', 'tool_choice') };
  return { kind: type === 'any' ? 'required' : type };
}

/** Tool members of a request, and what could not be said. */
export interface EncodedTools {
  tools?: JsonObject[] | undefined;
  toolChoice?: JsonObject | undefined;
  warnings: string[];
}

/** Tools and choice as sent. A choice among some of the tools is said by sending those alone (mapping row 19). */
export function encodeTools(request: CompletionRequest, names = new ToolNames()): EncodedTools {
  const warnings: string[] = [];
  const { toolChoice: choice } = request;
  const allowed = choice && 'allowed' in choice ? choice.allowed : undefined;
  const wanted = request.tools?.filter((tool) => allowed === undefined || allowed.includes(nameOf(tool)));
  const tools = wanted?.flatMap((tool) => encodeTool(tool, { names, warnings }));
  const hasTools = tools !== undefined && tools.length > 0;
  const isLost = choice?.kind === 'tool' && !tools?.some((tool) => tool['name'] === names.wire(choice.name));
  if (choice && (!hasTools || isLost)) {
    warnings.push(
      dropped('tool_choice', hasTools ? 'the tool it names was' : 'there are no tools to choose from'),
    );
  }
  const encoded = hasTools && !isLost ? encodeChoice(request, names) : undefined;
  return { tools, toolChoice: encoded, warnings };
}

/** The name by which a choice asks for a tool. */
const nameOf = (tool: ToolDefinition): string =>
  tool.kind === 'function' ? tool.name : (asString(tool.raw['name']) ?? asString(tool.raw['type']) ?? '');

function encodeTool(
  tool: ToolDefinition,
  { names, warnings }: { names: ToolNames; warnings: string[] },
): JsonObject[] {
  if (tool.kind === 'server') {
    const type = asString(tool.raw['type']) ?? 'unknown';
    if (tool.protocol === 'anthropic-messages' && type !== SEARCH_TOOL) return [tool.raw];
    warnings.push(dropped(`tools.${type}`, 'this upstream does not offer it'));
    return [];
  }
  const extra: JsonObject = {};
  for (const name of EXTRA_MEMBERS) if (tool.extra?.[name] !== undefined) extra[name] = tool.extra[name];
  return [
    compact<JsonObject>({
      name: names.wire(tool.name),
      description: tool.description,
      input_schema: tool.strict ? strictSchema(tool, warnings) : inputSchema(tool.parameters),
      strict: tool.strict,
      ...extra,
      cache_control: encodeCacheControl(tool.cacheControl),
    }),
  ];
}

/** Anthropic requires `type: "object"`; everything else of the schema stays, in its order. */
function inputSchema(parameters: JsonObject | undefined): JsonObject {
  if (parameters === undefined) return { type: 'object', properties: {} };
  return parameters['type'] === undefined ? { type: 'object', ...parameters } : parameters;
}

/** A strict tool is decoded under constraints, and so takes the schemas that structured output takes. */
function strictSchema(tool: Extract<ToolDefinition, { kind: 'function' }>, warnings: string[]): JsonObject {
  const { schema, loosened } = decodableSchema(inputSchema(tool.parameters));
  if (loosened.length > 0) {
    warnings.push(`tools.${tool.name}: ${loosened.join(', ')} of the schema cannot be enforced`);
  }
  return schema;
}

function encodeChoice(
  { toolChoice, parallelToolCalls }: CompletionRequest,
  names: ToolNames,
): JsonObject | undefined {
  if (toolChoice?.kind === 'none') return { type: 'none' };
  if (toolChoice === undefined && parallelToolCalls !== false) return undefined;
  const disabled = parallelToolCalls === undefined ? undefined : !parallelToolCalls;
  const switches = compact<JsonObject>({ disable_parallel_tool_use: disabled });
  if (toolChoice?.kind === 'tool') return { type: 'tool', name: names.wire(toolChoice.name), ...switches };
  return { type: toolChoice?.kind === 'required' ? 'any' : 'auto', ...switches };
}
