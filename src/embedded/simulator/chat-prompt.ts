import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.js';
import type { Attachment, Prompt, PromptTool, Segment } from './prompt.js';
import { digest } from './seed.js';
import { charCount } from './token-count.js';

/** Tokens of one image or file: OpenAI's flat price of a low-detail image. */
const MEDIA_TOKENS = 85;

/** True for the model names OpenAI serves itself; other names behave as compatible vendors do. */
export const isOpenaiModel = (model: string): boolean => /^(openai\/)?(gpt-|chatgpt-|o\d)/.test(model);

/** True for OpenAI models that reason and therefore refuse `max_tokens`. */
export const isOpenaiReasoningModel = (model: string): boolean => /^(openai\/)?(gpt-[5-9]|o\d)/.test(model);

/** Reads a valid Chat Completions body as the simulated model sees it. */
export function readChatPrompt(body: JsonObject): Prompt {
  const model = asString(body.model) ?? '';
  const messages = asArray(body.messages).map((message) => asObject(message) ?? {});
  const lastTurn = messages.slice(messages.findLastIndex((message) => message.role === 'assistant') + 1);
  const fromUser = lastTurn.filter((message) => message.role === 'user');
  return {
    protocol: 'openai-chat',
    model,
    lastText:
      fromUser.flatMap((message) => textsOf(message.content)).findLast((text) => text.trim() !== '') ?? '',
    toolResults: lastTurn
      .filter((message) => message.role === 'tool')
      .map((message) => ({
        name: callName(messages, message.tool_call_id),
        text: textsOf(message.content).join(' '),
        isError: false,
      })),
    attachments: fromUser.flatMap((message) => asArray(message.content).flatMap(attachmentOf)),
    tools: allowedTools(asArray(body.tools).flatMap(toolOf), body.tool_choice),
    toolChoice: toolChoiceOf(body.tool_choice),
    parallelCalls: body.parallel_tool_calls !== false,
    thinks: asksToReason(body),
    hidesThinking: isOpenaiModel(model),
    format: formatOf(asObject(body.response_format)),
    stop:
      typeof body.stop === 'string'
        ? [body.stop]
        : asArray(body.stop).filter((stop) => typeof stop === 'string'),
    maxTokens: numberOf(body.max_completion_tokens) ?? numberOf(body.max_tokens),
    choiceCount: numberOf(body.n) ?? 1,
    topLogprobs: body.logprobs === true ? (numberOf(body.top_logprobs) ?? 0) : undefined,
    streamed: body.stream === true,
    usageInStream: asObject(body.stream_options)?.include_usage === true,
    segments: [
      ...asArray(body.tools).map((tool) => textSegment(JSON.stringify(tool))),
      ...messages.map(messageSegment),
    ],
  };
}

const numberOf = (value: JsonValue | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;

function textsOf(content: JsonValue | undefined): string[] {
  if (typeof content === 'string') return [content];
  return asArray(content).flatMap(
    (part) => asString(asObject(part)?.text) ?? asString(asObject(part)?.refusal) ?? [],
  );
}

function callName(messages: JsonObject[], id: JsonValue | undefined): string {
  const calls = messages
    .flatMap((message) => asArray(message.tool_calls))
    .map((call) => asObject(call) ?? {});
  const call = calls.find((candidate) => candidate.id === id);
  return asString(asObject(call?.function)?.name) ?? 'tool';
}

function attachmentOf(value: JsonValue): Attachment[] {
  const part = asObject(value) ?? {};
  if (part.type === 'image_url') return [media('image', asString(asObject(part.image_url)?.url) ?? '')];
  if (part.type === 'file') return [media('document', asString(asObject(part.file)?.file_data))];
  return [];
}

function media(kind: Attachment['kind'], source: string | undefined): Attachment {
  if (source === undefined) return { kind, mediaType: 'file' };
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(source) ?? [];
  if (mediaType === undefined || data === undefined) return { kind, mediaType: 'url' };
  return { kind, mediaType, bytes: Buffer.byteLength(data, 'base64') };
}

function toolOf(value: JsonValue): PromptTool[] {
  const declared = asObject(asObject(value)?.function);
  const name = asString(declared?.name);
  if (name === undefined) return [];
  return [
    {
      name,
      description: asString(declared?.description) ?? '',
      schema: asObject(declared?.parameters) ?? {},
    },
  ];
}

/** `allowed_tools` of Chat (inside an object of that name) and of Responses (beside the type). */
const allowance = (choice: JsonValue | undefined): JsonObject | undefined => {
  const given = asObject(choice);
  return given?.type === 'allowed_tools' ? (asObject(given.allowed_tools) ?? given) : undefined;
};

/** The declared tools less those that `allowed_tools` leaves out. */
export function allowedTools(tools: PromptTool[], choice: JsonValue | undefined): PromptTool[] {
  const allowed = allowance(choice);
  if (allowed === undefined) return tools;
  const names = asArray(allowed.tools).map((tool) => {
    const given = asObject(tool);
    return asObject(given?.function)?.name ?? given?.name;
  });
  return tools.filter((tool) => names.includes(tool.name));
}

/** The mode of `allowed_tools`; undefined for any other choice. */
export const allowedMode = (choice: JsonValue | undefined): Prompt['toolChoice'] | undefined => {
  const allowed = allowance(choice);
  return allowed && { mode: allowed.mode === 'required' ? 'required' : 'auto' };
};

function toolChoiceOf(choice: JsonValue | undefined): Prompt['toolChoice'] {
  if (choice === 'none' || choice === 'required') return { mode: choice };
  const allowed = allowedMode(choice);
  if (allowed !== undefined) return allowed;
  const name = asString(asObject(asObject(choice)?.function)?.name);
  return name === undefined ? { mode: 'auto' } : { mode: 'required', name };
}

/** OpenAI's `reasoning_effort`, OpenRouter's `reasoning`, DeepSeek's and GLM's `thinking`, Qwen's switch. */
function asksToReason(body: JsonObject): boolean {
  const reasoning = asObject(body.reasoning);
  if (reasoning !== undefined) return reasoning.enabled !== false && reasoning.effort !== 'none';
  if (typeof body.reasoning_effort === 'string') return body.reasoning_effort !== 'none';
  return asObject(body.thinking)?.type === 'enabled' || body.enable_thinking === true;
}

function formatOf(format: JsonObject | undefined): Prompt['format'] {
  if (format?.type === 'json_object') return 'json_object';
  if (format?.type !== 'json_schema') return undefined;
  return { schema: asObject(asObject(format.json_schema)?.schema) ?? {} };
}

const textSegment = (text: string): Segment => ({
  chars: charCount(text),
  mediaTokens: 0,
  fingerprint: digest(text),
});

/** A message's texts, calls and reasoning count by character, its images and files at a flat rate. */
function messageSegment(message: JsonObject): Segment {
  const calls = asArray(message.tool_calls).flatMap((call) => {
    const called = asObject(asObject(call)?.function);
    return [asString(called?.name) ?? '', asString(called?.arguments) ?? ''];
  });
  const texts = [...textsOf(message.content), ...calls, asString(message.reasoning_content) ?? ''];
  return {
    chars: texts.reduce((sum, text) => sum + charCount(text), 0),
    mediaTokens: asArray(message.content).flatMap(attachmentOf).length * MEDIA_TOKENS,
    fingerprint: digest(JSON.stringify(message)),
  };
}
