import { asString, type JsonObject } from '../../core/json.js';
import type { CompletionRequest, ToolChoice, ToolDefinition } from '../completion.js';
import type { EncodeTarget } from '../protocol.js';
import type { ToolNames } from '../tool-names.js';
import { dropped } from '../warnings.js';
import { generationOf } from './generation.js';
import { fromOpenApiSchema, toOpenApiSchema } from './schema.js';
import {
  at,
  compact,
  nameIn,
  readObject,
  readObjects,
  readString,
  readStrings,
  readWord,
  requireString,
  spellings,
} from './wire.js';

const DECLARATIONS = spellings('functionDeclarations');

/** `tools`: every function declaration, and each server tool as a tool of its own, kept as it came. */
export function decodeTools(body: JsonObject): ToolDefinition[] | undefined {
  const tools = readObjects(body, 'tools');
  const decoded = tools?.flatMap((tool, index) => {
    const path = at('tools', index);
    const declared = (readObjects(tool, 'functionDeclarations', path) ?? []).map((declaration, place) =>
      decodeFunction(declaration, at(at(path, nameIn(tool, 'functionDeclarations')), place)),
    );
    const servers = Object.entries(tool)
      .filter(([name, value]) => !DECLARATIONS.includes(name) && value !== undefined && value !== null)
      .map(([name, value]): ToolDefinition => {
        return { kind: 'server', protocol: 'google-gemini', raw: { [name]: value } };
      });
    return [...declared, ...servers];
  });
  return decoded?.length === 0 ? undefined : decoded;
}

function decodeFunction(declaration: JsonObject, path: string): ToolDefinition {
  const openApi = readObject(declaration, 'parameters', path);
  const jsonSchema = readObject(declaration, 'parametersJsonSchema', path);
  return compact<ToolDefinition>({
    kind: 'function',
    name: requireString(declaration, 'name', path),
    description: readString(declaration, 'description', path),
    parameters: jsonSchema ?? (openApi && fromOpenApiSchema(openApi)),
  });
}

const MODES = ['MODE_UNSPECIFIED', 'AUTO', 'NONE', 'ANY', 'VALIDATED'] as const;

/**
 * `toolConfig.functionCallingConfig`. One allowed name under ANY is that tool, several narrow the choice. VALIDATED is
 * auto, for holding the model to a schema is the vendor's affair. Without functions there is nothing to choose from.
 */
export function decodeToolChoice(
  body: JsonObject,
  tools: ToolDefinition[] | undefined,
  warnings: string[],
): ToolChoice | undefined {
  const name = nameIn(body, 'toolConfig');
  const config = readObject(body, 'toolConfig');
  const calling = config && readObject(config, 'functionCallingConfig', name);
  if (config === undefined || calling === undefined) return undefined;
  const path = at(name, nameIn(config, 'functionCallingConfig'));
  const mode = readWord(calling, 'mode', { words: MODES, path }) ?? 'AUTO';
  const names = readStrings(calling, 'allowedFunctionNames', path) ?? [];
  if (!tools?.some((tool) => tool.kind === 'function')) {
    warnings.push(dropped(name, 'the request declares no functions'));
    return undefined;
  }
  if (mode === 'NONE') return { kind: 'none' };
  const [only] = names;
  if (mode === 'ANY' && names.length === 1 && only !== undefined) return { kind: 'tool', name: only };
  const allowed = names.length > 0 && (mode === 'ANY' || mode === 'VALIDATED') ? { allowed: names } : {};
  return { kind: mode === 'ANY' ? 'required' : 'auto', ...allowed };
}

/** Tool members of a request, and what could not be said. */
export interface EncodedTools {
  tools?: JsonObject[] | undefined;
  toolConfig?: JsonObject | undefined;
  warnings: string[];
}

/** All functions in one tool: Gemini takes several tools only when they differ in kind. */
export function encodeTools(
  request: CompletionRequest,
  target: EncodeTarget,
  names: ToolNames,
): EncodedTools {
  const warnings: string[] = [];
  const functions: JsonObject[] = [];
  const servers: JsonObject[] = [];
  for (const tool of request.tools ?? []) {
    if (tool.kind === 'function') functions.push(encodeFunction(tool, target, { names, warnings }));
    else if (tool.protocol === 'google-gemini') servers.push(tool.raw);
    else warnings.push(dropped(`tools.${toolType(tool.raw)}`, 'this upstream does not offer it'));
  }
  const hasFunctions = functions.length > 0;
  if (!hasFunctions && request.toolChoice)
    warnings.push(dropped('tool_choice', 'there are no tools to choose from'));
  if (hasFunctions && request.parallelToolCalls === false)
    warnings.push(dropped('parallel_tool_calls', 'this upstream cannot be held to one call'));
  const tools = [...(hasFunctions ? [{ functionDeclarations: functions }] : []), ...servers];
  return compact<EncodedTools>({
    tools: tools.length === 0 ? undefined : tools,
    toolConfig: hasFunctions ? encodeChoice(request.toolChoice, names) : undefined,
    warnings,
  });
}

function encodeFunction(
  { name, description, parameters }: Extract<ToolDefinition, { kind: 'function' }>,
  { upstreamModel }: EncodeTarget,
  { names, warnings }: { names: ToolNames; warnings: string[] },
): JsonObject {
  const named = compact<JsonObject>({ name: names.wire(name), description });
  if (parameters === undefined) return named;
  if (generationOf(upstreamModel).jsonSchema) return { ...named, parametersJsonSchema: parameters };
  const { schema, lost } = toOpenApiSchema(parameters, 'tools');
  if (lost.length > 0)
    warnings.push(`tools.${name}: ${lost.join(', ')} of the schema cannot be said to this model`);
  // An object without properties is refused: such a function takes nothing.
  const isEmpty = Object.keys((schema['properties'] ?? {}) as JsonObject).length === 0;
  return isEmpty ? named : { ...named, parameters: schema };
}

/** AUTO takes no names, so a narrowed auto is VALIDATED, which lets the model call or not. */
function encodeChoice(choice: ToolChoice | undefined, names: ToolNames): JsonObject | undefined {
  if (choice === undefined) return undefined;
  const allowed =
    choice.kind === 'tool' ? [choice.name] : choice.kind === 'none' ? undefined : choice.allowed;
  const modes = { auto: allowed ? 'VALIDATED' : 'AUTO', none: 'NONE', required: 'ANY', tool: 'ANY' };
  const allowedFunctionNames = allowed?.map((name) => names.wire(name));
  return { functionCallingConfig: compact<JsonObject>({ mode: modes[choice.kind], allowedFunctionNames }) };
}

/** A server tool's name in a warning: its type, or, for Google's own, the member that holds it. */
export const toolType = (raw: JsonObject): string =>
  asString(raw['type']) ?? Object.keys(raw)[0] ?? 'unknown';
