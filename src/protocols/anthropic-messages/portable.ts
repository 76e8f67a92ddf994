import { invalidRequest } from '../../core/errors.js';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../core/json.js';
import type { CompletionRequest, ContentPart, Message, OpaquePart, ToolDefinition } from '../completion.js';
import { ownFieldWarnings } from '../own-fields.js';
import type { PortableRequest } from '../protocol.js';
import { dropped } from '../warnings.js';
import { readCacheControl } from './content-decode.js';
import { decodeTool } from './tools.js';

type FunctionTool = Extract<ToolDefinition, { kind: 'function' }>;

/** Members that name state which the upstream of another protocol does not have (mapping row 49). */
const STATEFUL: ReadonlySet<string> = new Set(['container']);

/** Anthropic's own search among deferred tools; without it, and without references, nobody could find them. */
const TOOL_SEARCH = /^tool_search_tool_/;

/**
 * A Messages request for an upstream of another protocol (mapping rows 15, 18, 48 and 49): references to tools become
 * words, tools that wait to be found are shown once they are, search results become text, and what can only be said to
 * Anthropic is named. Throws 400 for a container or file that only Anthropic has.
 */
export function portable(request: CompletionRequest): PortableRequest {
  const stateful = request.ownFields?.find((name) => STATEFUL.has(name));
  if (stateful !== undefined) {
    throw invalidRequest(`${stateful}: this model's provider keeps no such state`, stateful);
  }
  const warnings = new Set(ownFieldWarnings(request));
  const tools = new VisibleTools(request.tools ?? []);
  const messages = request.messages.map((message): Message => ({
    ...message,
    content: message.content.map((part) => plainPart(part, { tools, warnings })),
  }));
  const visible = tools.visible(warnings);
  const isEmpty = request.tools === undefined && visible.length === 0;
  return {
    request: isEmpty ? { ...request, messages } : { ...request, messages, tools: visible },
    warnings: [...warnings],
  };
}

/** Follows which tools the model may see: declared, deferred, found by reference, added and removed on the way. */
class VisibleTools {
  private readonly found = new Set<string>();
  private readonly removed = new Set<string>();
  private readonly added: ToolDefinition[] = [];

  constructor(private readonly declared: readonly ToolDefinition[]) {}

  find(name: string): void {
    this.found.add(name);
    this.removed.delete(name);
  }

  add(definition: JsonObject): void {
    const tool = decodeTool(definition, 'messages.tool_addition.tool.definition');
    this.added.push(tool);
    if (tool.kind === 'function') this.find(tool.name);
  }

  remove(name: string): void {
    this.removed.add(name);
  }

  visible(warnings: Set<string>): ToolDefinition[] {
    const searchable = this.declared.some(
      (tool) => tool.kind === 'server' && TOOL_SEARCH.test(asString(tool.raw['type']) ?? ''),
    );
    return [...this.declared, ...this.added].flatMap((tool): ToolDefinition[] => {
      if (tool.kind === 'server') return [tool];
      const isDeferred = tool.extra?.['defer_loading'] === true;
      const isHidden = isDeferred && !searchable && !this.found.has(tool.name);
      return isHidden || this.removed.has(tool.name) ? [] : [withoutExtra(tool, warnings)];
    });
  }
}

/** A tool without the members that only Anthropic knows. Deferral has been acted on, so it is not lost. */
function withoutExtra({ extra, ...tool }: FunctionTool, warnings: Set<string>): FunctionTool {
  for (const name of Object.keys(extra ?? {})) {
    if (name !== 'defer_loading')
      warnings.add(dropped(`tools.${name}`, 'this upstream speaks another protocol'));
  }
  return tool;
}

const text = (words: string): ContentPart => ({ type: 'text', text: words });

/** What the blocks of one request share. */
interface Plain {
  tools: VisibleTools;
  warnings: Set<string>;
}

function plainPart(part: ContentPart, context: Plain): ContentPart {
  if (part.type === 'opaque') {
    const plain = plainBlock(part, context);
    const cacheControl = readCacheControl(part.raw, 'messages');
    return plain.type === 'text' && cacheControl ? { ...plain, cacheControl } : plain;
  }
  if ((part.type === 'image' || part.type === 'document') && part.source.kind === 'file') {
    throw invalidRequest(`messages: a file by id cannot be sent to this model; send its bytes`, 'messages');
  }
  if (part.type !== 'tool-result') return part;
  const content = part.content.map((inner) => plainPart(inner, context));
  return { ...part, content: content as typeof part.content };
}

/** Blocks of Anthropic's that have a plain meaning, as text; any other stays as it is. */
function plainBlock(part: OpaquePart, { tools, warnings }: Plain): ContentPart {
  const { raw } = part;
  const tool = asObject(raw['tool']);
  const named = asString(raw['tool_name']) ?? asString(tool?.['name']);
  switch (raw['type']) {
    case 'tool_reference':
      if (named !== undefined) tools.find(named);
      return text(`Tool now available: ${named ?? 'unnamed'}`);
    case 'tool_addition': {
      const definition = asObject(tool?.['definition']);
      if (definition) tools.add(definition);
      else if (named !== undefined) tools.find(named);
      return text(`Tool now available: ${asString(definition?.['name']) ?? named ?? 'unnamed'}`);
    }
    case 'tool_removal':
      if (named !== undefined) tools.remove(named);
      return text(`Tool no longer available: ${named ?? 'unnamed'}`);
    case 'search_result':
      if (asObject(raw['citations'])?.['enabled'] === true)
        warnings.add(dropped('messages.search_result.citations', 'this upstream speaks another protocol'));
      return text(searchResultText(raw));
    case 'container_upload':
      throw invalidRequest('messages: a container upload cannot be sent to this model', 'messages');
    default:
      return part;
  }
}

function searchResultText(raw: JsonObject): string {
  const lines = asArray(raw['content'])
    .filter(isObject)
    .map((block) => asString(block['text']) ?? '');
  return [asString(raw['title']), asString(raw['source']), '', ...lines]
    .filter((line) => line !== undefined)
    .join('\n');
}
