import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { Attachment, Prompt, PromptTool, Segment } from './prompt.js';
import { digest } from './seed.js';
import { charCount } from './token-count.js';

/** Tokens of one image or PDF, at a flat rate. */
const MEDIA_TOKENS = 258;

/** Reads a valid Messages body as the simulated model sees it. */
export function readMessagesPrompt(body: JsonObject): Prompt {
  const messages = asArray(body.messages).map((message) => asObject(message) ?? {});
  const lastTurn = messages.slice(messages.findLastIndex((message) => message.role === 'assistant') + 1);
  const blocks = lastTurn
    .filter((message) => message.role === 'user')
    .flatMap((message) => blocksOf(message.content));
  const results = blocks.filter((block) => block.type === 'tool_result');
  const thinking = asObject(body.thinking);
  const choice = asObject(body.tool_choice);
  return {
    protocol: 'anthropic-messages',
    model: asString(body.model) ?? '',
    lastText: lastSaid(blocks),
    toolResults: results.map((result) => ({
      name: callName(messages, result.tool_use_id),
      text: blocksOf(result.content).map(blockText).join(' ').trim(),
      isError: result.is_error === true,
    })),
    attachments: [...blocks, ...results.flatMap((result) => blocksOf(result.content))].flatMap(attachmentOf),
    tools: asArray(body.tools).flatMap(toolOf),
    toolChoice: toolChoiceOf(choice),
    parallelCalls: choice?.disable_parallel_tool_use !== true,
    thinks: thinking !== undefined && thinking.type !== 'disabled',
    hidesThinking: thinking?.display === 'omitted',
    format: formatOf(asObject(asObject(body.output_config)?.format) ?? asObject(body.output_format)),
    stop: asArray(body.stop_sequences).filter((stop) => typeof stop === 'string'),
    maxTokens: typeof body.max_tokens === 'number' ? body.max_tokens : undefined,
    choiceCount: 1,
    streamed: body.stream === true,
    usageInStream: true,
    segments: segmentsOf(body, messages),
  };
}

/** Content as blocks; a string is one text block. */
export const blocksOf = (content: JsonValue | undefined): JsonObject[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content).filter(isObject);

/** The last text of the turn that is the user's own rather than a note of the client program. */
function lastSaid(blocks: JsonObject[]): string {
  const texts = blocks.filter((block) => block.type === 'text').map((block) => asString(block.text) ?? '');
  return texts.findLast((text) => text.trim() !== '' && !text.startsWith('<system-reminder>')) ?? '';
}

function callName(messages: JsonObject[], id: JsonValue | undefined): string {
  const uses = messages
    .flatMap((message) => blocksOf(message.content))
    .filter((block) => block.type === 'tool_use');
  return asString(uses.find((use) => use.id === id)?.name) ?? 'tool';
}

function attachmentOf(block: JsonObject): Attachment[] {
  if (block.type !== 'image' && block.type !== 'document') return [];
  const kind = block.type;
  const source = asObject(block.source) ?? {};
  const data = asString(source.data);
  if (data === undefined) return [{ kind, mediaType: asString(source.type) ?? 'file' }];
  const bytes = source.type === 'base64' ? Buffer.byteLength(data, 'base64') : Buffer.byteLength(data);
  return [{ kind, mediaType: asString(source.media_type) ?? 'application/octet-stream', bytes }];
}

function toolOf(value: JsonValue): PromptTool[] {
  const tool = asObject(value);
  const schema = asObject(tool?.input_schema);
  const name = asString(tool?.name);
  if (name === undefined || schema === undefined) return [];
  return [{ name, description: asString(tool?.description) ?? '', schema }];
}

function toolChoiceOf(choice: JsonObject | undefined): Prompt['toolChoice'] {
  if (choice?.type === 'none') return { mode: 'none' };
  if (choice?.type === 'any') return { mode: 'required' };
  return choice?.type === 'tool' ? { mode: 'required', name: asString(choice.name) } : { mode: 'auto' };
}

const formatOf = (format: JsonObject | undefined): Prompt['format'] =>
  format?.type === 'json_schema' ? { schema: asObject(format.schema) ?? {} } : undefined;

/** Tools, then system, then messages: the order in which Anthropic's prompt cache reads them. */
function segmentsOf(body: JsonObject, messages: JsonObject[]): Segment[] {
  const segments = [
    ...asArray(body.tools)
      .filter(isObject)
      .map((tool) => segment('tool', tool, toolText(tool))),
    ...blocksOf(body.system).map((block) => segment('system', block, blockText(block))),
    ...messages.flatMap(({ role, content }) =>
      blocksOf(content).map((block) => segment(String(role), block, blockText(block))),
    ),
  ];
  const last = segments.at(-1);
  if (last !== undefined) last.cacheTtl ??= ttlOf(body.cache_control);
  return segments;
}

function segment(role: string, block: JsonObject, text: string): Segment {
  const { cache_control: cacheControl, ...said } = block;
  const attached = [block, ...blocksOf(block.type === 'tool_result' ? block.content : undefined)];
  const media = attached.flatMap(attachmentOf).filter((attachment) => attachment.mediaType !== 'text/plain');
  return {
    chars: charCount(text),
    mediaTokens: media.length * MEDIA_TOKENS,
    fingerprint: digest(role + JSON.stringify(said)),
    cacheTtl: ttlOf(cacheControl),
  };
}

function ttlOf(cacheControl: JsonValue | undefined): '5m' | '1h' | undefined {
  const asked = asObject(cacheControl);
  if (asked?.type !== 'ephemeral') return undefined;
  return asked.ttl === '1h' ? '1h' : '5m';
}

const toolText = ({ cache_control: _mark, ...tool }: JsonObject): string => JSON.stringify(tool);

/** The text of a block as far as it is counted; images and PDFs are counted apart. */
function blockText(block: JsonObject): string {
  switch (asString(block.type) ?? '') {
    case 'text':
      return asString(block.text) ?? '';
    case 'thinking':
      return asString(block.thinking) ?? '';
    case 'tool_use':
      return (asString(block.name) ?? '') + JSON.stringify(block.input ?? {});
    case 'tool_result':
      return blocksOf(block.content).map(blockText).join('');
    case 'image':
      return '';
    case 'document': {
      const source = asObject(block.source);
      return source?.type === 'text' ? (asString(source.data) ?? '') : '';
    }
    default:
      return JSON.stringify(block);
  }
}
