import { invalidRequest } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest } from '../completion.js';
import { routingOf } from '../routing-fields.js';
import { decodeContents } from './contents-decode.js';
import { decodeGenerationConfig } from './generation-config.js';
import { decodeToolChoice, decodeTools } from './tools.js';
import { compact, member, nameIn, readBoolean, requireString, spellings } from './wire.js';

/** Members that the inner language has words for; `model` and `stream` come from the route's path. */
const KNOWN = new Set(
  ['contents', 'systemInstruction', 'generationConfig', 'tools', 'toolConfig', 'model', 'stream'].flatMap(
    spellings,
  ),
);

/**
 * Reads a generateContent request: its body, and in it as `model` and `stream` what Google puts into the path. Every
 * known member is checked, `null` counts as absent, unknown members are ignored. Throws invalid_request naming the
 * member.
 */
export function decodeRequest(body: JsonObject): CompletionRequest {
  refuseCachedContent(body);
  const warnings: string[] = [];
  const tools = decodeTools(body);
  const { sampling, ownFields } = decodeGenerationConfig(body);
  const routing = routingOf(body);
  const isOwn = (name: string): boolean =>
    !KNOWN.has(name) && !Object.hasOwn(routing, name) && body[name] !== null;
  const own = [...Object.keys(body).filter(isOwn), ...ownFields];
  const model = requireString(body, 'model');
  const { messages, rewriteMessages } = decodeContents(body);
  return compact<CompletionRequest>({
    model,
    messages,
    rewriteMessages: rewriteMessages || undefined,
    stream: readBoolean(body, 'stream') ?? false,
    ...sampling,
    tools,
    toolChoice: decodeToolChoice(body, tools, warnings),
    ownFields: own.length === 0 ? undefined : own,
    routing,
    warnings,
  });
}

/** A cached content lies in the gateway's account at Google, where one customer's must not serve another. */
function refuseCachedContent(body: JsonObject): void {
  if (member(body, 'cachedContent') === undefined) return;
  const name = nameIn(body, 'cachedContent');
  throw invalidRequest(`${name}: cached contents are not kept here; send the contents themselves`, name);
}
