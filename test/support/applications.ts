import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOpenAI } from '@langchain/openai';
import { AiApplication } from './ai-application.js';
import { LangchainApplication } from './langchain-application.js';

/** What an application gets to know of one answer. */
export interface Reading {
  text: string;
  /** Tokens, as the client reports them. */
  input: number | undefined;
  output: number | undefined;
}

/** A question with a picture in base64. */
export interface Picture {
  question: string;
  mediaType: string;
  base64: string;
}

/** What applications do with a model, whichever library they have. */
export interface Application {
  ask(question: string): Promise<Reading>;
  stream(question: string): Promise<Reading>;
  look(picture: Picture): Promise<Reading>;
  /** A value of WEATHER_SCHEMA, as the library's own structured output gives it. */
  fillIn(question: string): Promise<unknown>;
  /** Lets the model call `get_weather` until it answers; the tool says "N C in CITY". */
  useTool(question: string, streamed: boolean): Promise<Reading & { cities: string[] }>;
}

/** Where a gateway is, and a key for it. */
export interface Account {
  url: string;
  secret: string;
}

/** Every library, each with every route of the gateway that it has a client for. */
export const APPLICATIONS: readonly (readonly [string, (account: Account, model: string) => Application])[] =
  [
    [
      'ai with @ai-sdk/openai, Chat Completions',
      (account, model) => new AiApplication(createOpenAI(settings(account)).chat(model)),
    ],
    [
      'ai with @ai-sdk/openai, Responses',
      // The gateway keeps no responses, so its items are sent back whole and not by their ids.
      (account, model) =>
        new AiApplication(createOpenAI(settings(account)).responses(model), { openai: { store: false } }),
    ],
    [
      'ai with @ai-sdk/openai-compatible',
      (account, model) => {
        const own = { name: 'gateway', includeUsage: true, supportsStructuredOutputs: true };
        return new AiApplication(createOpenAICompatible({ ...own, ...settings(account) })(model));
      },
    ],
    [
      'ai with @ai-sdk/anthropic',
      (account, model) => new AiApplication(createAnthropic(settings(account))(model)),
    ],
    [
      'ai with @ai-sdk/google',
      ({ url, secret }, model) =>
        new AiApplication(createGoogle({ apiKey: secret, baseURL: `${url}/v1beta` })(model)),
    ],
    ['@langchain/openai, Chat Completions', (account, model) => langchainOpenai(account, model, false)],
    ['@langchain/openai, Responses', (account, model) => langchainOpenai(account, model, true)],
    [
      '@langchain/anthropic',
      ({ url, secret }, model) =>
        new LangchainApplication(
          new ChatAnthropic({ model, apiKey: secret, anthropicApiUrl: url, maxTokens: 300, maxRetries: 0 }),
        ),
    ],
  ];

const settings = ({ url, secret }: Account) => ({ apiKey: secret, baseURL: `${url}/v1` });

const langchainOpenai = ({ url, secret }: Account, model: string, useResponsesApi: boolean): Application =>
  new LangchainApplication(
    new ChatOpenAI({
      model,
      apiKey: secret,
      useResponsesApi,
      maxTokens: 300,
      maxRetries: 0,
      configuration: { baseURL: `${url}/v1` },
    }),
  );
