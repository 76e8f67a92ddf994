import { asString, isObject, type JsonObject, type JsonValue } from '../core/json.js';

/**
 * Tokens an image can count for at most. Vendors publish 85 to about 4,800 for the largest size they do not
 * scale down; this leaves room.
 */
export const IMAGE_TOKENS = 6_000;

/** Blocks that hold all that the model reads of them: what a vendor's tool was asked, and what it said. */
const WHOLE =
  /(?:^|_)(?:tool_use|tool_result|call|call_output|search_result|search_output|search_done|list_tools|approval_(?:request|response)|compaction|program|program_output|custom|builtin_function)$/;
/** The same in Gemini's parts, which are named by their member. */
const WHOLE_PARTS = new Set([
  'executableCode',
  'executable_code',
  'codeExecutionResult',
  'code_execution_result',
]);
const IMAGES = new Set(['image', 'input_image', 'computer_screenshot', 'image_generation_call']);
const FILES = new Set(['document', 'input_file', 'file']);

/**
 * Tokens at most that a block of one vendor's own counts for beyond its bytes: its images, and the whole context window where
 * nobody but the vendor knows what it reads (a video by its address, a file, a block not known here).
 */
export function opaqueTokens(raw: JsonObject, contextWindow: number): number {
  const type = asString(raw['type']);
  const isWhole =
    type === undefined ? Object.keys(raw).some((name) => WHOLE_PARTS.has(name)) : WHOLE.test(type);
  return isWhole ? mediaTokens(raw, contextWindow) : contextWindow;
}

function mediaTokens(value: JsonValue | undefined, contextWindow: number): number {
  if (Array.isArray(value))
    return value.reduce<number>((sum, item) => sum + mediaTokens(item, contextWindow), 0);
  if (!isObject(value)) return 0;
  const type = asString(value['type']);
  if (type !== undefined && IMAGES.has(type)) return IMAGE_TOKENS;
  if (type !== undefined && FILES.has(type)) return isPlainText(value) ? 0 : contextWindow;
  return Object.values(value).reduce<number>((sum, member) => sum + mediaTokens(member, contextWindow), 0);
}

/** A document of Messages whose text stands in it. */
const isPlainText = ({ source }: JsonObject): boolean => isObject(source) && source['type'] === 'text';
