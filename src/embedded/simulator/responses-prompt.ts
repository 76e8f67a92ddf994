import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { allowedMode, allowedTools, isOpenaiModel } from './chat-prompt.js';
import type { Attachment, Prompt, PromptTool, Segment } from './prompt.js';
import { digest } from './seed.js';
import { charCount } from './token-count.js';

/** Tokens of one image or file: OpenAI's flat price of a low-detail image. */
const MEDIA_TOKENS = 85;

/** Items by which the model itself spoke. */
const SPOKEN = ['reasoning', 'function_call', 'custom_tool_call'];
const OUTPUTS = ['function_call_output', 'custom_tool_call_output'];

/** The items of a request; a string is one user message. */
export const itemsOf = (input: JsonValue | undefined): JsonObject[] =>
  typeof input === 'string'
    ? [{ type: 'message', role: 'user', content: input }]
    : asArray(input).filter(isObject);

export const isMessage = (item: JsonObject): boolean =>
  item.type === 'message' || (item.type === undefined && item.role !== undefined);

const isSpoken = (item: JsonObject): boolean =>
  (isMessage(item) && item.role === 'assistant') || SPOKEN.includes(asString(item.type) ?? '');

/** Reads a valid Responses body as the simulated model sees it. */
export function readResponsesPrompt(body: JsonObject): Prompt {
  const model = asString(body.model) ?? '';
  const items = itemsOf(body.input);
  const lastTurn = items.slice(items.findLastIndex(isSpoken) + 1);
  const fromUser = lastTurn.filter((item) => isMessage(item) && item.role === 'user');
  const outputs = lastTurn.filter((item) => OUTPUTS.includes(asString(item.type) ?? ''));
  const reasoning = asObject(body.reasoning);
  const text = asObject(body.text);
  return {
    protocol: 'openai-responses',
    model,
    lastText: fromUser.flatMap((item) => textsOf(item.content)).findLast((said) => said.trim() !== '') ?? '',
    toolResults: outputs.map((item) => ({
      name: callName(items, item.call_id),
      text: textsOf(item.output).join(' '),
      isError: false,
    })),
    attachments: [...fromUser.map((item) => item.content), ...outputs.map((item) => item.output)].flatMap(
      (content) => asArray(content).flatMap(attachmentOf),
    ),
    tools: allowedTools(asArray(body.tools).flatMap(toolOf), body.tool_choice),
    toolChoice: toolChoiceOf(body.tool_choice),
    parallelCalls: body.parallel_tool_calls !== false,
    thinks: typeof reasoning?.effort === 'string' && reasoning.effort !== 'none',
    hidesThinking: isOpenaiModel(model) && typeof reasoning?.summary !== 'string',
    format: formatOf(asObject(text?.format)),
    stop: [],
    maxTokens: typeof body.max_output_tokens === 'number' ? body.max_output_tokens : undefined,
    choiceCount: 1,
    topLogprobs: asksLogprobs(body) ? Number(body.top_logprobs ?? 0) : undefined,
    streamed: body.stream === true,
    usageInStream: true,
    segments: [
      ...asArray(body.tools).map((tool) => textSegment(JSON.stringify(tool))),
      ...(typeof body.instructions === 'string' ? [textSegment(body.instructions)] : []),
      ...items.map(itemSegment),
    ],
  };
}

const asksLogprobs = (body: JsonObject): boolean =>
  asArray(body.include).includes('message.output_text.logprobs');

function textsOf(content: JsonValue | undefined): string[] {
  if (typeof content === 'string') return [content];
  return asArray(content).flatMap(
    (part) => asString(asObject(part)?.text) ?? asString(asObject(part)?.refusal) ?? [],
  );
}

function callName(items: JsonObject[], id: JsonValue | undefined): string {
  const call = items.find((item) => item.call_id === id && SPOKEN.includes(asString(item.type) ?? ''));
  return asString(call?.name) ?? 'tool';
}

function attachmentOf(value: JsonValue): Attachment[] {
  const part = asObject(value) ?? {};
  if (part.type === 'input_image') return [media('image', asString(part.image_url))];
  if (part.type === 'input_file')
    return [media('document', asString(part.file_data) ?? asString(part.file_url))];
  return [];
}

function media(kind: Attachment['kind'], source: string | undefined): Attachment {
  if (source === undefined) return { kind, mediaType: 'file' };
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(source) ?? [];
  if (mediaType === undefined || data === undefined) return { kind, mediaType: 'url' };
  return { kind, mediaType, bytes: Buffer.byteLength(data, 'base64') };
}

/** Functions, and custom tools as functions of one text; those in namespaces too. */
function toolOf(value: JsonValue): PromptTool[] {
  const tool = asObject(value) ?? {};
  if (tool.type === 'namespace') return asArray(tool.tools).flatMap(toolOf);
  const name = asString(tool.name);
  if (name === undefined) return [];
  const schema =
    tool.type === 'custom'
      ? { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] }
      : (asObject(tool.parameters) ?? {});
  return [{ name, description: asString(tool.description) ?? '', schema }];
}

function toolChoiceOf(choice: JsonValue | undefined): Prompt['toolChoice'] {
  if (choice === 'none' || choice === 'required') return { mode: choice };
  const allowed = allowedMode(choice);
  if (allowed !== undefined) return allowed;
  const name = asString(asObject(choice)?.name);
  return name === undefined ? { mode: 'auto' } : { mode: 'required', name };
}

function formatOf(format: JsonObject | undefined): Prompt['format'] {
  if (format?.type === 'json_object') return 'json_object';
  return format?.type === 'json_schema' ? { schema: asObject(format.schema) ?? {} } : undefined;
}

const textSegment = (text: string): Segment => ({
  chars: charCount(text),
  mediaTokens: 0,
  fingerprint: digest(text),
});

/** An item's texts count by character, its images and files at a flat rate; ids cost nothing. */
function itemSegment(item: JsonObject): Segment {
  const texts = [
    ...textsOf(item.content),
    ...textsOf(item.output),
    ...textsOf(item.summary),
    ...[item.name, item.arguments, item.input].map((text) => asString(text) ?? ''),
  ];
  const parts = [...asArray(item.content), ...asArray(item.output)];
  return {
    chars: texts.reduce((sum, text) => sum + charCount(text), 0),
    mediaTokens: parts.flatMap(attachmentOf).length * MEDIA_TOKENS,
    fingerprint: digest(JSON.stringify(item)),
  };
}
