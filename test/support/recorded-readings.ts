import { createAlibaba } from '@ai-sdk/alibaba';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createGoogle } from '@ai-sdk/google';
import { createGroq } from '@ai-sdk/groq';
import { createMistral } from '@ai-sdk/mistral';
import { createMoonshotAI } from '@ai-sdk/moonshotai';
import { createOpenResponses } from '@ai-sdk/open-responses';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createXai } from '@ai-sdk/xai';
import { APICallError } from 'ai';
import type { RecordedAnswer } from './recorded-answers.js';

/** A model as every `@ai-sdk/*` provider gives it. */
type Model = ReturnType<ReturnType<typeof createAnthropic>>;
type Options = Parameters<Model['doGenerate']>[0];
type Generated = Awaited<ReturnType<Model['doGenerate']>>;
type Content = Generated['content'][number];
type Usage = Generated['usage'];

/** What an application gets to know of one answer. */
export interface Reading {
  text: string;
  reasoning: string;
  /** Calls of the application's own tools, in order; tools that the vendor ran itself are not among them. */
  calls: { name: string; input: unknown }[];
  finish: string;
  /** Tokens; 0 where nothing is reported. */
  usage: { input: number; cached: number; output: number; reasoning: number };
  /** Why there is no answer, or no whole one. */
  failure?: { status: number | undefined; message: string };
}

/** The routes of the gateway, each with the provider that applications use for it. */
export const DOORS = {
  chat: (url: string, apiKey: string, model: string): Model =>
    createOpenAICompatible({ name: 'gateway', baseURL: `${url}/v1`, apiKey, includeUsage: true })(model),
  messages: (url: string, apiKey: string, model: string): Model =>
    createAnthropic({ baseURL: `${url}/v1`, apiKey })(model),
  responses: (url: string, apiKey: string, model: string): Model =>
    createOpenAI({ baseURL: `${url}/v1`, apiKey }).responses(model),
  gemini: (url: string, apiKey: string, model: string): Model =>
    createGoogle({ baseURL: `${url}/v1beta`, apiKey })(model),
} as const;

/** A route of the gateway. */
export type Door = keyof typeof DOORS;

/** The vendor's own provider, over a connection that gives this answer and no other. */
export function nativeModel({ vendor, protocol, body, status, contentType }: RecordedAnswer): Model {
  const fetch = (): Promise<Response> =>
    Promise.resolve(new Response(body, { status, headers: { 'content-type': contentType } }));
  const settings = { apiKey: 'key', fetch };
  const isResponses = protocol === 'openai-responses';
  switch (vendor) {
    case 'anthropic':
      return createAnthropic(settings)('claude');
    case 'google':
      return createGoogle(settings)('gemini');
    case 'openai':
      return isResponses ? createOpenAI(settings).responses('gpt') : createOpenAI(settings).chat('gpt');
    case 'xai':
      // The vendor's provider no longer speaks Chat.
      return isResponses ? createXai(settings).responses('grok') : compatible(settings);
    case 'groq':
      return createGroq(settings)('model');
    case 'mistral':
      return createMistral(settings)('model');
    case 'deepseek':
      return createDeepSeek(settings)('model');
    case 'moonshotai':
      return createMoonshotAI(settings)('model');
    case 'alibaba':
      return createAlibaba(settings)('model');
    case 'openai-compatible':
      return compatible(settings);
    case 'open-responses':
      return createOpenResponses({ name: 'vendor', url: 'http://vendor/v1/responses', ...settings })('model');
  }
}

const compatible = (settings: { apiKey: string; fetch: () => Promise<Response> }): Model =>
  createOpenAICompatible({ name: 'vendor', baseURL: 'http://vendor', includeUsage: true, ...settings })(
    'model',
  );

/** Asks a model as an application does, and reads its answer. */
export async function read(model: Model, streamed: boolean): Promise<Reading> {
  const options: Options = {
    prompt: [{ role: 'user', content: [{ type: 'text', text: 'Go on.' }] }],
    maxOutputTokens: 4_000,
    providerOptions: { openai: { store: false } },
  };
  const reading = empty();
  try {
    if (streamed) await readStream(reading, (await model.doStream(options)).stream);
    else readWhole(reading, await model.doGenerate(options));
  } catch (error) {
    reading.failure = failureOf(error);
  }
  return reading;
}

const empty = (): Reading => ({
  text: '',
  reasoning: '',
  calls: [],
  finish: 'none',
  usage: { input: 0, cached: 0, output: 0, reasoning: 0 },
});

function readWhole(reading: Reading, { content, finishReason, usage }: Generated): void {
  for (const part of content) readContent(reading, part);
  reading.finish = finishReason.unified;
  reading.usage = counted(usage);
}

async function readStream(
  reading: Reading,
  stream: Awaited<ReturnType<Model['doStream']>>['stream'],
): Promise<void> {
  for await (const part of stream) {
    if (part.type === 'text-delta') reading.text += part.delta;
    else if (part.type === 'reasoning-delta') reading.reasoning += part.delta;
    else if (part.type === 'tool-call') readContent(reading, part);
    else if (part.type === 'error') reading.failure ??= failureOf(part.error);
    else if (part.type === 'finish') {
      reading.finish = part.finishReason.unified;
      reading.usage = counted(part.usage);
    }
  }
}

function readContent(reading: Reading, part: Content): void {
  if (part.type === 'text') reading.text += part.text;
  else if (part.type === 'reasoning') reading.reasoning += part.text;
  else if (part.type === 'tool-call' && part.providerExecuted !== true)
    reading.calls.push({ name: part.toolName, input: parsed(part.input) });
}

/** Arguments by their meaning; an empty text is what a call without arguments may come as. */
function parsed(input: string): unknown {
  try {
    return JSON.parse(input.trim() === '' ? '{}' : input);
  } catch {
    return input;
  }
}

const counted = ({ inputTokens, outputTokens }: Usage): Reading['usage'] => ({
  input: inputTokens.total ?? 0,
  cached: inputTokens.cacheRead ?? 0,
  output: outputTokens.total ?? 0,
  reasoning: outputTokens.reasoning ?? 0,
});

function failureOf(error: unknown): { status: number | undefined; message: string } {
  if (APICallError.isInstance(error)) return { status: error.statusCode, message: error.message };
  const message = error instanceof Error ? error.message : JSON.stringify(error);
  return { status: undefined, message };
}
