import type { ApiBodyOptions } from '@nestjs/swagger';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const range = (minimum: number, maximum: number) => ({ type: 'number', minimum, maximum }) as const;
const whole = (minimum: number) => ({ type: 'integer', minimum }) as const;
const list = (description: string) => ({ type: 'array', items: {}, description }) as const;

/** Fields that steer the router; stripped before the upstream call. */
const ROUTING = {
  preference: { type: 'string' as const, enum: ['speed', 'cost', 'balanced'] as string[] },
  allowed_providers: { type: 'array' as const, items: text },
  eu_native: flag,
  allow_quantization: flag,
  allow_zero_data_retention: { ...flag, description: 'true: only providers that retain nothing' },
};

/** The request body of POST /v1/chat/completions, as far as it is read. Further fields go through. */
export const CHAT_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['model', 'messages'],
    properties: {
      model: { ...text, example: 'anthropic/claude-opus-4.8' },
      messages: list('Roles system, developer, user, assistant, tool'),
      stream: flag,
      max_tokens: whole(1),
      max_completion_tokens: whole(1),
      temperature: range(0, 2),
      top_p: { ...range(0, 1), description: 'Above 0' },
      top_k: whole(0),
      frequency_penalty: range(-2, 2),
      presence_penalty: range(-2, 2),
      n: whole(1),
      stop: { description: 'A string or up to four' },
      seed: { type: 'integer' },
      tools: list('Function tools'),
      tool_choice: { description: 'none, auto, required, or a tool' },
      parallel_tool_calls: flag,
      response_format: { type: 'object' },
      reasoning: { type: 'object', description: 'effort, max_tokens, enabled' },
      logprobs: flag,
      top_logprobs: { type: 'integer', minimum: 0, maximum: 20 },
      user: text,
      ...ROUTING,
    },
    additionalProperties: true,
  },
};

/** The request body of generateContent, as far as it is read. Further fields go through. */
export const GEMINI_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['contents'],
    properties: {
      contents: list('Roles user and model, each with parts'),
      systemInstruction: { type: 'object' },
      generationConfig: {
        type: 'object',
        properties: {
          maxOutputTokens: whole(1),
          temperature: range(0, 2),
          topP: { ...range(0, 1), description: 'Above 0' },
          topK: whole(1),
          candidateCount: whole(1),
          stopSequences: { type: 'array', items: text, maxItems: 5 },
          responseMimeType: text,
          responseSchema: { type: 'object' },
          responseJsonSchema: { type: 'object' },
          thinkingConfig: { type: 'object' },
        },
        additionalProperties: true,
      },
      tools: list('functionDeclarations; server tools where Google answers'),
      toolConfig: { type: 'object' },
      ...ROUTING,
    },
    additionalProperties: true,
  },
};

/** The request body of POST /v1/messages, as far as it is read. Further fields go through. */
export const MESSAGES_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['model', 'max_tokens', 'messages'],
    properties: {
      model: { ...text, example: 'claude-opus-4-8' },
      max_tokens: {
        ...whole(1),
        description: 'Optional where the model or the compatibility profile has a default',
      },
      messages: list('Roles user, assistant, system'),
      system: { description: 'A string or text blocks' },
      stream: flag,
      temperature: range(0, 1),
      top_p: { ...range(0, 1), description: 'Above 0' },
      top_k: whole(0),
      stop_sequences: { type: 'array', items: text },
      tools: list('Custom tools'),
      tool_choice: { type: 'object' },
      thinking: { type: 'object', description: 'type, budget_tokens, display' },
      output_config: { type: 'object' },
      metadata: { type: 'object', description: 'user_id' },
      ...ROUTING,
    },
    additionalProperties: true,
  },
};

/** The request body of POST /v1/responses, as far as it is read. Further fields go through. */
export const RESPONSES_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['model', 'input'],
    properties: {
      model: { ...text, example: 'openai/gpt-5.5' },
      input: { description: 'A string, or items: message, function_call, function_call_output, reasoning …' },
      instructions: text,
      stream: flag,
      store: { ...flag, description: 'Accepted; responses are never stored, and the answer says false' },
      previous_response_id: {
        ...text,
        description: 'Ignored with a warning; 400 where the model is served over the Responses API',
      },
      max_output_tokens: whole(1),
      temperature: range(0, 2),
      top_p: { ...range(0, 1), description: 'Above 0' },
      tools: list('Function, custom, namespace and hosted tools'),
      tool_choice: { description: 'none, auto, required, a tool, or allowed_tools' },
      parallel_tool_calls: flag,
      reasoning: { type: 'object', description: 'effort, summary' },
      text: { type: 'object', description: 'format, verbosity' },
      include: { type: 'array', items: text },
      top_logprobs: { type: 'integer', minimum: 0, maximum: 20 },
      truncation: { type: 'string', enum: ['auto', 'disabled'] },
      prompt_cache_key: text,
      metadata: { type: 'object' },
      user: text,
      safety_identifier: text,
      ...ROUTING,
    },
    additionalProperties: true,
  },
};

/** The request body of POST /v1/embeddings. Further fields go through. */
export const EMBEDDINGS_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['model', 'input'],
    properties: {
      model: { ...text, example: 'openai/text-embedding-3-small' },
      input: { description: 'A string, up to 2,048 strings, a list of token ids, or lists of them' },
      encoding_format: { type: 'string', enum: ['float', 'base64'] },
      dimensions: whole(1),
      user: text,
      ...ROUTING,
    },
    additionalProperties: true,
  },
};
