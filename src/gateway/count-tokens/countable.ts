import type { CompletionRequest, ContentPart, Message, ToolDefinition } from '../../protocols/completion.js';

/** What a tokeniser counts of a request, and what it cannot see. */
export interface Countable {
  /** All text, in the order the model reads it. */
  text: string;
  /** Tokens of what is not text, and of the frame around messages and tools. */
  fixedTokens: number;
}

/**
 * An image of ordinary size: Anthropic counts width x height / 750, at most about 1,600 after scaling down
 * (docs.claude.com vision).
 */
const IMAGE_TOKENS = 1_500;
/** Anthropic counts 1,500 to 3,000 tokens of text a PDF page; the pages of a file are only guessed from its size. */
const BYTES_A_PAGE = 60_000;
const TOKENS_A_PAGE = 2_000;
/** The frame of a turn, as OpenAI counts it for its chat models (cookbook, "counting tokens"). */
const MESSAGE_TOKENS = 4;
/** Instructions that a declared tool brings along (docs.claude.com tool use: 313 to 530 for the whole list). */
const TOOLS_TOKENS = 346;

/** Everything of a request that a model would read. Tools that are only loaded when they are searched for count less. */
export function countableOf(request: CompletionRequest): Countable {
  const texts: string[] = [];
  let fixedTokens = 3;
  const tools = (request.tools ?? []).filter((tool) => !isDeferred(tool));
  if (tools.length > 0) fixedTokens += TOOLS_TOKENS;
  for (const tool of tools) texts.push(toolText(tool));
  for (const message of request.messages) {
    fixedTokens += MESSAGE_TOKENS + gather(message, texts);
  }
  return { text: texts.join('\n'), fixedTokens };
}

function gather({ content }: Pick<Message, 'content'>, texts: string[]): number {
  let tokens = 0;
  for (const part of content) tokens += partTokens(part, texts);
  return tokens;
}

/** Puts the text of a part where it belongs; the tokens of what is not text. */
function partTokens(part: ContentPart, texts: string[]): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'thinking':
      texts.push(part.text);
      return 0;
    case 'tool-call':
      texts.push(part.name, part.arguments);
      return 0;
    case 'tool-result':
      return gather(part, texts);
    case 'image':
      return IMAGE_TOKENS;
    case 'document': {
      const { source } = part;
      if (source.kind === 'text') texts.push(source.text);
      if (source.kind === 'parts') return gather({ content: source.parts }, texts);
      return source.kind === 'base64' ? pages(source.data.length) * TOKENS_A_PAGE : TOKENS_A_PAGE;
    }
    case 'audio':
      return Math.ceil(part.data.length / 3_000);
    case 'redacted-thinking':
    case 'opaque':
      texts.push(JSON.stringify(part.type === 'opaque' ? part.raw : part.data));
      return 0;
  }
}

const pages = (base64Length: number): number => Math.max(1, Math.ceil((base64Length * 0.75) / BYTES_A_PAGE));

const toolText = (tool: ToolDefinition): string =>
  tool.kind === 'function'
    ? `${tool.name}\n${tool.description ?? ''}\n${JSON.stringify(tool.parameters ?? {})}`
    : JSON.stringify(tool);

/** `defer_loading`: the model sees such a tool only after it searched for it (mapping row 78). */
const isDeferred = (tool: ToolDefinition): boolean =>
  tool.kind === 'function' && tool.extra?.['defer_loading'] === true;
