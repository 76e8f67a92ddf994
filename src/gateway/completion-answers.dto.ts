import type { ApiResponseOptions } from '@nestjs/swagger';
import {
  flag,
  listOf,
  nullableText,
  objectOf,
  open,
  text,
  whole,
  word,
  type Schema,
} from '../platform/http/openapi-schema.js';

const HEADERS = {
  'x-request-id': { description: 'The id of the request.', schema: text },
  'x-faregate-provider': { description: 'Who answered.', schema: text },
  'x-faregate-model': { description: 'The model that answered.', schema: text },
  'x-faregate-cost': {
    description: "What it cost, in the organization's currency; not on streams.",
    schema: text,
  },
  'x-faregate-warnings': { description: 'What was dropped of the request.', schema: text },
};

/** An object of a vendor's protocol: further fields come as the provider sends them. */
const vendor = (properties: Record<string, Schema>, optional: string[] = []): Schema => ({
  ...objectOf(properties, optional),
  additionalProperties: true,
});

/** An answer of one piece, or the same as events with `"stream": true`. */
const answer = (schema: Schema, events?: string): ApiResponseOptions => ({
  status: 200,
  description: events === undefined ? 'The answer.' : 'The answer; with "stream": true as events.',
  headers: HEADERS,
  content: {
    'application/json': { schema },
    ...(events !== undefined && { 'text/event-stream': { schema: { ...text, description: events } } }),
  },
});

/** Absent in profiles that show no price, and for a call that could not be priced exactly. */
const COST = {
  description: "In the organization's currency: major units, or whole millionths in the profile `cortecs`.",
};
const USAGE = { prompt_tokens: whole, completion_tokens: whole, total_tokens: whole };

/** What POST /v1/chat/completions answers. */
export const CHAT_ANSWER = answer(
  vendor(
    {
      id: { ...text, example: 'gen-0199…' },
      object: word('chat.completion'),
      created: whole,
      model: { ...text, example: 'anthropic/claude-opus-4.8' },
      choices: listOf(
        vendor({
          index: whole,
          message: vendor({ role: word('assistant'), content: nullableText }, ['content']),
          finish_reason: nullableText,
        }),
      ),
      usage: vendor({ ...USAGE, cost: COST }, ['cost']),
    },
    ['usage'],
  ),
  'Chunks (`chat.completion.chunk`), then `data: [DONE]`.',
);

/** What POST /v1/messages answers. */
export const MESSAGES_ANSWER = answer(
  vendor({
    id: { ...text, example: 'msg_0199…' },
    type: word('message'),
    role: word('assistant'),
    model: text,
    content: { ...listOf(open), description: 'Blocks: text, thinking, tool_use …' },
    stop_reason: nullableText,
    stop_sequence: nullableText,
    usage: vendor({ input_tokens: whole, output_tokens: whole }),
  }),
  'message_start, content_block_start, content_block_delta, content_block_stop, message_delta, message_stop.',
);

/** What POST /v1/responses answers. */
export const RESPONSES_ANSWER = answer(
  vendor(
    {
      id: { ...text, example: 'resp_0199…' },
      object: word('response'),
      created_at: whole,
      status: word('completed', 'incomplete', 'failed'),
      model: text,
      output: { ...listOf(open), description: 'Items: message, function_call, reasoning …' },
      usage: open,
    },
    ['usage'],
  ),
  'response.created, response.output_text.delta and others, response.completed.',
);

/** What POST /v1/embeddings answers. */
export const EMBEDDINGS_ANSWER = answer(
  vendor({
    object: word('list'),
    model: text,
    data: listOf(
      vendor({
        object: word('embedding'),
        index: whole,
        embedding: { description: 'A list of numbers, or base64 of them' },
      }),
    ),
    usage: vendor({ prompt_tokens: whole, total_tokens: whole }),
  }),
);

/** What POST /v1/messages/count_tokens answers. */
export const COUNT_ANSWER: ApiResponseOptions = {
  status: 200,
  description: 'The count.',
  schema: objectOf({ input_tokens: whole }),
};

const GENERATED = vendor(
  {
    candidates: { ...listOf(open), description: 'Each with content, finishReason and index.' },
    usageMetadata: open,
    modelVersion: text,
    responseId: text,
  },
  ['candidates', 'usageMetadata', 'modelVersion', 'responseId'],
);

/** What generateContent answers. */
export const GEMINI_ANSWER = answer(GENERATED);

/** What streamGenerateContent answers. */
export const GEMINI_STREAM: ApiResponseOptions = {
  status: 200,
  description: 'The answer in pieces: one JSON array, or with `alt=sse` events.',
  headers: HEADERS,
  content: {
    'application/json': { schema: listOf(GENERATED) },
    'text/event-stream': { schema: { ...text, description: 'Each event is one piece.' } },
  },
};

const OPENAI_MODEL = vendor({
  id: { ...text, example: 'anthropic/claude-opus-4.8' },
  object: word('model'),
  created: whole,
  owned_by: text,
  name: text,
  description: text,
  aliases: listOf(text),
  tags: listOf(text),
  context_length: whole,
  context_size: whole,
  max_output_tokens: whole,
  architecture: open,
  top_provider: open,
  supported_parameters: listOf(text),
  pricing: {
    ...open,
    description: 'The lowest of those who serve it, as the compatibility profile has it.',
  },
  providers: listOf(text),
});

const ANTHROPIC_MODEL = objectOf({ type: word('model'), id: text, display_name: text, created_at: text });

/** What GET /v1/models/{id} answers. */
export const MODEL_ANSWER: ApiResponseOptions = {
  status: 200,
  description: "The model; in Anthropic's shape when `anthropic-version` is sent.",
  schema: { oneOf: [OPENAI_MODEL, ANTHROPIC_MODEL] },
};

/** What GET /v1/models answers. */
export const MODELS_ANSWER: ApiResponseOptions = {
  status: 200,
  description: "The models; in Anthropic's shape when `anthropic-version` is sent.",
  schema: {
    oneOf: [
      objectOf({ object: word('list'), data: listOf(OPENAI_MODEL) }),
      objectOf({
        data: listOf(ANTHROPIC_MODEL),
        has_more: flag,
        first_id: nullableText,
        last_id: nullableText,
      }),
    ],
  },
};
