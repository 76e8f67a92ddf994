import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { Attachment, Prompt, PromptTool, Segment } from './prompt.js';
import { digest } from './seed.js';
import { charCount } from './token-count.js';

/** Tokens of one image or PDF, at a flat rate (ai.google.dev/gemini-api/docs/tokens). */
const MEDIA_TOKENS = 258;

/** What Google's path says: `/v1beta/models/{model}:generateContent`, or `:streamGenerateContent?alt=sse`. */
export interface GeminiCall {
  model: string;
  streamed: boolean;
  /** False: a stream is one JSON array. */
  sse: boolean;
}

/** The call of a path; undefined for another path. */
export function geminiCall(path: string, query: string): GeminiCall | undefined {
  const match = /^\/v1beta\/models\/([^/]+):(generateContent|streamGenerateContent)$/.exec(path);
  if (!match) return undefined;
  return {
    model: decodeURIComponent(match[1] ?? ''),
    streamed: match[2] === 'streamGenerateContent',
    sse: new URLSearchParams(query).get('alt') === 'sse',
  };
}

/** Parts of a content. */
export const geminiParts = (content: JsonValue | undefined): JsonObject[] =>
  asArray(asObject(content)?.parts).filter(isObject);

/** Reads a valid generateContent body as the simulated model sees it. */
export function readGeminiPrompt(body: JsonObject, call: GeminiCall): Prompt {
  const contents = asArray(body.contents).filter(isObject);
  const lastTurn = contents.slice(contents.findLastIndex(({ role }) => role === 'model') + 1);
  const parts = lastTurn.flatMap(geminiParts);
  const results = parts
    .map((part) => asObject(part.functionResponse))
    .filter((result) => result !== undefined);
  const config = asObject(body.generationConfig) ?? {};
  const thinking = asObject(config.thinkingConfig);
  const texts = parts.map((part) => asString(part.text) ?? '');
  return {
    protocol: 'google-gemini',
    model: call.model,
    lastText: texts.findLast((text) => text.trim() !== '' && !text.startsWith('<system-reminder>')) ?? '',
    toolResults: results.map(resultOf),
    attachments: [...parts, ...results.flatMap((result) => geminiParts(result))].flatMap(attachmentOf),
    tools: asArray(body.tools).filter(isObject).flatMap(toolsOf),
    toolChoice: toolChoiceOf(body),
    parallelCalls: true,
    thinks: thinking !== undefined && thinking.thinkingBudget !== 0,
    hidesThinking: thinking?.includeThoughts !== true,
    format: formatOf(config),
    stop: asArray(config.stopSequences).filter((stop) => typeof stop === 'string'),
    maxTokens: typeof config.maxOutputTokens === 'number' ? config.maxOutputTokens : undefined,
    choiceCount: typeof config.candidateCount === 'number' ? config.candidateCount : 1,
    streamed: call.streamed,
    usageInStream: true,
    segments: segmentsOf(body, contents),
  };
}

function resultOf(result: JsonObject): Prompt['toolResults'][number] {
  const response = asObject(result.response) ?? {};
  const isError = response.error !== undefined;
  const said = response.output ?? response.error ?? response.content ?? response;
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  return { name: asString(result.name) ?? 'tool', text, isError };
}

function attachmentOf(part: JsonObject): Attachment[] {
  const inline = asObject(part.inlineData);
  const file = asObject(part.fileData);
  const mediaType = asString((inline ?? file)?.mimeType) ?? 'file';
  const kind = mediaType.startsWith('image/') ? 'image' : 'document';
  if (inline) return [{ kind, mediaType, bytes: Buffer.byteLength(asString(inline.data) ?? '', 'base64') }];
  return file ? [{ kind, mediaType: 'url' }] : [];
}

const toolsOf = (tool: JsonObject): PromptTool[] =>
  asArray(tool.functionDeclarations)
    .filter(isObject)
    .map((declared) => ({
      name: asString(declared.name) ?? '',
      description: asString(declared.description) ?? '',
      schema: asObject(declared.parametersJsonSchema) ?? asObject(declared.parameters) ?? {},
    }));

function toolChoiceOf(body: JsonObject): Prompt['toolChoice'] {
  const config = asObject(asObject(body.toolConfig)?.functionCallingConfig);
  if (config?.mode === 'NONE') return { mode: 'none' };
  if (config?.mode !== 'ANY') return { mode: 'auto' };
  return { mode: 'required', name: asString(asArray(config.allowedFunctionNames)[0]) };
}

function formatOf(config: JsonObject): Prompt['format'] {
  const schema = asObject(config.responseJsonSchema) ?? asObject(config.responseSchema);
  if (schema) return { schema };
  return config.responseMimeType === 'application/json' ? 'json_object' : undefined;
}

/** System instruction, tools, then contents. */
function segmentsOf(body: JsonObject, contents: JsonObject[]): Segment[] {
  return [
    ...geminiParts(body.systemInstruction).map((part) => segment('system', part)),
    ...asArray(body.tools)
      .filter(isObject)
      .map((tool) => segment('tool', tool)),
    ...contents.flatMap((content) => geminiParts(content).map((part) => segment(String(content.role), part))),
  ];
}

function segment(role: string, part: JsonObject): Segment {
  const { thoughtSignature: _signature, ...said } = part;
  const media = [part, ...geminiParts(part.functionResponse)].flatMap(attachmentOf);
  const text = asString(part.text) ?? (media.length > 0 ? '' : JSON.stringify(said));
  return {
    chars: charCount(text),
    mediaTokens: media.length * MEDIA_TOKENS,
    fingerprint: digest(role + JSON.stringify(said)),
  };
}
