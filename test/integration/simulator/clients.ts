import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import OpenAIv6 from 'openai-v6';
import type { Simulator } from '../../../src/embedded/simulator/simulator.js';

/** The vendors' own clients, unmodified, pointed at a simulator; no retries, so that every call is one entry. */
export const openaiClient = (simulator: Simulator, apiKey = 'sim-openai-7'): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${simulator.baseUrl}/v1`, maxRetries: 0 });

export const openaiV6Client = (simulator: Simulator): OpenAIv6 =>
  new OpenAIv6({ apiKey: 'sim-openai-6', baseURL: `${simulator.baseUrl}/v1`, maxRetries: 0 });

export const anthropicClient = (simulator: Simulator, apiKey = 'sim-anthropic'): Anthropic =>
  new Anthropic({ apiKey, baseURL: simulator.baseUrl, maxRetries: 0 });

/** A 68-byte PNG of one pixel, in base64. */
export const ONE_PIXEL_PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A tool's JSON Schema with one required property. */
export const WEATHER_SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
  required: ['city'],
  additionalProperties: false,
};
