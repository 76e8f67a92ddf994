import { nowMs } from '../../core/clock.js';
import { asObject, type JsonObject } from '../../core/json.js';
import { anthropicFrames, anthropicMessage } from './anthropic-answers.js';
import { readChatPrompt } from './chat-prompt.js';
import { chatError } from './chat-validation.js';
import type { JournalEntry } from './journal.js';
import { geminiBody, geminiFrames } from './gemini-answers.js';
import { geminiCall, readGeminiPrompt, type GeminiCall } from './gemini-prompt.js';
import { geminiError } from './gemini-validation.js';
import { readMessagesPrompt } from './messages-prompt.js';
import { messagesError } from './messages-validation.js';
import { outputTokens, say, type Said } from './model.js';
import { chatCompletion, chatFrames } from './openai-chat-answers.js';
import { responsesBody, responsesFrames } from './openai-responses-answers.js';
import { PromptCache } from './prompt-cache.js';
import type { Prompt } from './prompt.js';
import { JSON_HEADERS, SSE_HEADERS, type Reply } from './reply.js';
import { readResponsesPrompt } from './responses-prompt.js';
import { responsesError } from './responses-validation.js';
import type { RuleAnswer } from './script.js';
import { Seed } from './seed.js';
import { countTokens } from './token-count.js';
import { usageOf, type SimulatedUsage } from './usage.js';
import type { VendorError } from './vendor-errors.js';

type ModelAnswer = Extract<RuleAnswer, { kind: 'model' }>;

/** The simulated vendors' models; they remember prompts, nothing else. */
export class Vendor {
  private readonly cache = new PromptCache();

  /** `strict` also refuses unknown fields and what only some model families refuse. */
  constructor(private readonly strict: boolean) {}

  /** What the vendor would refuse in this request, or undefined. */
  refusal({ protocol, path, query, body, headers }: JournalEntry): VendorError | undefined {
    const parsed = asObject(body);
    if (protocol === 'anthropic-messages') {
      if (headers['anthropic-version'] === undefined) {
        return { status: 400, message: 'anthropic-version: header is required' };
      }
      return parsed === undefined ? NOT_JSON : messagesError(parsed, this.strict);
    }
    if (parsed === undefined) return NOT_JSON;
    const call = geminiCall(path, query);
    if (call) return geminiError(parsed, call);
    const refusal = protocol === 'openai-responses' ? responsesError : chatError;
    return refusal(parsed, this.strict);
  }

  /** The model's answer to a request that was not refused. */
  answer(entry: JournalEntry, rule: ModelAnswer = { kind: 'model' }): Reply {
    const body = asObject(entry.body) ?? {};
    const call = geminiCall(entry.path, entry.query);
    const seed = Seed.ofRequest(call?.model ?? entry.path, body);
    const ids = seed.branch(String(entry.id));
    const telling = { seed, ids, rule };
    if (call) return this.content(body, call, telling);
    if (entry.protocol === 'anthropic-messages') return this.message(body, telling);
    return entry.protocol === 'openai-responses' ? this.response(body, telling) : this.chat(body, telling);
  }

  /** `POST /v1/messages/count_tokens`. */
  countTokens(body: JsonObject): JsonObject {
    const { promptTokens } = new PromptCache().useBreakpoints('', readMessagesPrompt(body).segments, nowMs());
    return { input_tokens: promptTokens };
  }

  forget(): void {
    this.cache.clear();
  }

  private message(body: JsonObject, { seed, ids, rule }: Telling): Reply {
    const prompt = readMessagesPrompt(body);
    const said = say(prompt, seed, rule);
    const usage = this.usage(prompt, [said], rule);
    const answer = { prompt, said, seed: ids, usage };
    if (prompt.streamed) return streamReply(anthropicFrames(answer), usage, { ...rule.headers });
    return wholeReply(anthropicMessage(answer), usage, { ...rule.headers });
  }

  private response(body: JsonObject, { seed, ids, rule }: Telling): Reply {
    const prompt = readResponsesPrompt(body);
    const said = say(prompt, seed, rule);
    const usage = this.usage(prompt, [said], rule);
    const answer = { body, prompt, said, seed: ids, createdSeconds: Math.floor(nowMs() / 1_000), usage };
    const headers = { 'openai-version': '2020-10-01', ...rule.headers };
    return prompt.streamed
      ? streamReply(responsesFrames(answer), usage, headers)
      : wholeReply(responsesBody(answer), usage, headers);
  }

  private content(body: JsonObject, call: GeminiCall, { seed, ids, rule }: Telling): Reply {
    const prompt = readGeminiPrompt(body, call);
    const choices = Array.from({ length: prompt.choiceCount }, (_, index) =>
      say(prompt, index === 0 ? seed : seed.branch(`choice ${index}`), rule),
    );
    const usage = this.usage(prompt, choices, rule);
    const answer = { call, prompt, choices, seed: ids, usage };
    if (!call.streamed) return wholeReply(geminiBody(answer), usage, { ...rule.headers });
    const headers = call.sse ? { ...rule.headers } : { ...JSON_HEADERS, ...rule.headers };
    return streamReply(geminiFrames(answer), usage, headers);
  }

  private chat(body: JsonObject, { seed, ids, rule }: Telling): Reply {
    const prompt = readChatPrompt(body);
    const choices = Array.from({ length: prompt.choiceCount }, (_, index) =>
      say(prompt, index === 0 ? seed : seed.branch(`choice ${index}`), rule),
    );
    const modelUsage = this.usage(prompt, choices, rule);
    const usage = rule.omitUsage === true ? null : modelUsage;
    const answer = { prompt, choices, seed: ids, createdSeconds: Math.floor(nowMs() / 1_000), usage };
    const headers = { 'openai-version': '2020-10-01', ...rule.headers };
    if (prompt.streamed) return streamReply(chatFrames(answer), modelUsage, headers);
    return { ...wholeReply(chatCompletion(answer), usage, headers), modelUsage };
  }

  private usage(prompt: Prompt, said: Said[], rule: ModelAnswer): SimulatedUsage {
    const used =
      prompt.protocol === 'anthropic-messages'
        ? this.cache.useBreakpoints(prompt.model, prompt.segments, nowMs())
        : this.cache.useAutomatic(prompt.model, prompt.segments, nowMs());
    const { promptTokens, ...cached } = used;
    const sum = (tokensOf: (one: Said) => number): number =>
      said.reduce((total, one) => total + tokensOf(one), 0);
    return usageOf({
      input: promptTokens - cached.cacheRead - cached.cacheWrite5m - cached.cacheWrite1h,
      ...cached,
      output: sum(outputTokens),
      reasoning: sum((one) => countTokens(one.thinking)),
      ...rule.usage,
    });
  }
}

/** Where an answer's words and ids come from: ids differ between equal requests, words do not. */
interface Telling {
  seed: Seed;
  ids: Seed;
  rule: ModelAnswer;
}

const NOT_JSON: VendorError = {
  status: 400,
  message: 'We could not parse the JSON body of your request.',
};

const streamReply = (
  frames: Reply['frames'],
  usage: SimulatedUsage,
  headers: Record<string, string>,
): Reply => ({
  status: 200,
  headers: { ...SSE_HEADERS, ...headers },
  frames,
  streamed: true,
  modelUsage: usage,
  pacing: {},
});

const wholeReply = (
  body: JsonObject,
  reports: SimulatedUsage | null,
  headers: Record<string, string>,
): Reply => ({
  status: 200,
  headers: { ...JSON_HEADERS, ...headers },
  frames: [{ text: JSON.stringify(body), reports: reports ?? undefined }],
  streamed: false,
  modelUsage: reports,
  pacing: {},
});
