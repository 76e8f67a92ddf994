import {
  asArray,
  asString,
  isObject,
  tryParseJson,
  type JsonObject,
  type JsonValue,
} from '../../core/json.js';
import { compact } from './wire.js';

/** Names of the searches on X that xAI runs by itself (docs.x.ai/docs/guides/tools). */
const X_SEARCH = /^(?:x_|view_x_)/;

/**
 * Tells the calls of a vendor's own tools from those that the client is to answer: xAI says its searches on X as calls of
 * custom tools, which no request ever declared. A response that does not repeat its tools says nothing of that.
 */
export class VendorTools {
  private declared: ReadonlySet<string> | undefined;

  /** Takes note of the tools that a response object repeats. */
  note(response: JsonObject): void {
    const { tools } = response;
    if (Array.isArray(tools)) this.declared = new Set(customNames(tools));
  }

  /** Whether the vendor itself answers this call. */
  runs(item: JsonObject): boolean {
    if (item['type'] !== 'custom_tool_call' || this.declared === undefined) return false;
    return !this.declared.has(asString(item['name']) ?? '');
  }

  /** A call that the vendor answers as its whole answers say it, so that no reader takes it for its own; else the item itself. */
  shown(item: JsonObject): JsonObject {
    const name = asString(item['name']) ?? '';
    if (!this.runs(item) || !X_SEARCH.test(name)) return item;
    const { input, ...rest } = item;
    return { ...rest, type: 'x_search_call', arguments: input ?? '' };
  }
}

/** Names of custom tools, those in namespaces too. */
function customNames(tools: readonly JsonValue[]): string[] {
  return tools.filter(isObject).flatMap((tool) => {
    if (tool['type'] === 'custom') return [asString(tool['name']) ?? ''];
    return tool['type'] === 'namespace' ? customNames(asArray(tool['tools'])) : [];
  });
}

/**
 * A call of a hosted tool with the members that OpenAI's readers cannot do without and xAI leaves out: what was searched for,
 * the code that ran. The very same object when nothing is missing.
 */
export function hostedCall(item: JsonObject): JsonObject {
  const given = tryParseJson(asString(item['arguments']) ?? '');
  const told = isObject(given) ? given : {};
  switch (item['type']) {
    case 'web_search_call':
      if (item['action'] !== undefined || item['arguments'] === undefined) return item;
      return { ...item, action: compact({ type: 'search', query: asString(told['query']) ?? '' }) };
    case 'code_interpreter_call':
      if (item['code'] !== undefined) return item;
      return { container_id: '', outputs: null, ...item, code: asString(told['code']) ?? null };
    case 'file_search_call': {
      const results = asArray(item['results']);
      const isBare = (result: JsonValue): boolean => isObject(result) && result['attributes'] === undefined;
      if (!results.some(isBare)) return item;
      return {
        ...item,
        results: results.map((result) => (isObject(result) ? { attributes: {}, ...result } : result)),
      };
    }
    default:
      return item;
  }
}
