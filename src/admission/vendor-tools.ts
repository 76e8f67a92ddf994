import { asString } from '../core/json.js';
import { invalidRequest } from '../core/errors.js';
import type { CompletionRequest, ToolDefinition } from '../protocols/completion.js';

/** Searches of a tool that names no limit of its own. */
const UNLIMITED_SEARCHES = 10;
/** Tools that the caller runs, or that bring nothing but what stands in the request. */
const CALLERS_OWN =
  /^(?:bash|text_editor|computer|memory|browser_toolset|local_shell|apply_patch|custom|namespace|tool_search|octen_search|computerUse|computer_use)/;
/** Members beside `tools` that let a vendor search or ask other servers (Chat, Messages). */
const SEARCH_MEMBER = 'web_search_options';
const SERVERS_MEMBER = 'mcp_servers';

/** Whether the vendor may add to the input what nobody else can measure: pages, files, what other servers say. */
export function readsOutside({ tools = [], ownFields = [] }: CompletionRequest): boolean {
  return (
    ownFields.includes(SEARCH_MEMBER) ||
    ownFields.includes(SERVERS_MEMBER) ||
    tools.some((tool) => isVendorRun(tool))
  );
}

/**
 * Searches that the vendor's own tools may run: as many as each allows, ten where it does not say. Throws invalid_request for a
 * limit that is no whole number.
 */
export function vendorSearches({ tools = [], ownFields = [] }: CompletionRequest): number {
  let searches = ownFields.includes(SEARCH_MEMBER) ? UNLIMITED_SEARCHES : 0;
  tools.forEach((tool, index) => {
    if (isVendorRun(tool) && /search/i.test(kindOf(tool))) searches += searchLimit(tool, index);
  });
  return searches;
}

function searchLimit({ raw }: ServerTool, index: number): number {
  const limit = raw['max_uses'] ?? UNLIMITED_SEARCHES;
  if (Number.isSafeInteger(limit) && (limit as number) >= 0) return limit as number;
  const path = `tools.${index}.max_uses`;
  throw invalidRequest(`${path} must be a whole number from 0 up`, path);
}

type ServerTool = Extract<ToolDefinition, { kind: 'server' }>;

const isVendorRun = (tool: ToolDefinition): tool is ServerTool =>
  tool.kind === 'server' && !CALLERS_OWN.test(kindOf(tool));

/** Its type; Gemini names a tool by its member. */
const kindOf = ({ raw }: ServerTool): string => asString(raw['type']) ?? Object.keys(raw)[0] ?? '';
