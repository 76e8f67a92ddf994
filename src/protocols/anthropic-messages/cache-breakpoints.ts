import { asArray, asObject, isObject, type JsonObject } from '../../core/json.js';

/** Most blocks that may carry `cache_control` (Anthropic API, "Prompt caching"). */
const MAX_BREAKPOINTS = 4;

/** Everything in a body that carries a breakpoint, in the order of the prompt: tools, system, messages. */
function breakpointsOf(body: JsonObject): JsonObject[] {
  const marked: JsonObject[] = [];
  const visit = (block: unknown): void => {
    if (!isObject(block)) return;
    asArray(block['content']).forEach(visit);
    if (block['cache_control'] !== undefined) marked.push(block);
  };
  asArray(body['tools']).forEach(visit);
  asArray(body['system']).forEach(visit);
  for (const message of asArray(body['messages'])) asArray(asObject(message)?.['content']).forEach(visit);
  return marked;
}

const ttlOf = (block: JsonObject): unknown => asObject(block['cache_control'])?.['ttl'];

/**
 * Makes the breakpoints of a written body fit Anthropic's rules (mapping row 46): at most four, of which the first and
 * the last three stay, and none that lives an hour behind one that lives five minutes. Blocks are never moved.
 * Answers what was changed.
 */
export function fitBreakpoints(body: JsonObject): string[] {
  const warnings: string[] = [];
  const marked = breakpointsOf(body);
  const surplus = marked.slice(1, Math.max(1, marked.length - MAX_BREAKPOINTS + 1));
  for (const block of surplus) delete block['cache_control'];
  if (surplus.length > 0) {
    warnings.push(
      `cache_control was dropped from ${surplus.length} blocks: at most ${MAX_BREAKPOINTS} may carry it`,
    );
  }
  let hasShort = false;
  for (const block of marked) {
    if (block['cache_control'] === undefined) continue;
    if (ttlOf(block) !== '1h') hasShort = true;
    else if (hasShort) {
      block['cache_control'] = { type: 'ephemeral', ttl: '5m' };
      warnings.push(
        'cache_control: an hour was lowered to 5 minutes, because a shorter one stands before it',
      );
    }
  }
  return [...new Set(warnings)];
}
