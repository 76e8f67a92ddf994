import type { JsonObject, JsonValue } from '../../core/json.js';
import type { Frame } from './pacing.js';
import type { Prompt } from './prompt.js';
import type { Said } from './model.js';
import type { Seed } from './seed.js';
import { splitTokens } from './token-count.js';
import { openaiUsage, type SimulatedUsage } from './usage.js';

/** All that a Chat Completions answer is made of. */
export interface ChatAnswer {
  prompt: Prompt;
  /** One per choice. */
  choices: Said[];
  seed: Seed;
  createdSeconds: number;
  /** Null leaves usage out, as some vendors do. */
  usage: SimulatedUsage | null;
}

const FINISH = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'stop-sequence': 'stop',
  refusal: 'stop',
};
const ARGUMENT_TOKENS_PER_CHUNK = 3;

/** The body of a non-streaming answer. */
export function chatCompletion(answer: ChatAnswer): JsonObject {
  return {
    ...envelope(answer, 'chat.completion'),
    choices: answer.choices.map((said, index) => ({
      index,
      message: message(answer, said, index),
      logprobs: logprobsOf(answer, said.text === '' ? [] : splitTokens(said.text)),
      finish_reason: FINISH[said.finish],
    })),
    ...(answer.usage === null ? {} : { usage: openaiUsage(answer.usage) }),
  };
}

/** The frames of a streaming answer, `[DONE]` included. */
export function chatFrames(answer: ChatAnswer): Frame[] {
  const { prompt, usage } = answer;
  const asksUsage = prompt.usageInStream && usage !== null;
  const chunk = (choices: JsonValue[], usageField?: JsonValue): string =>
    `data: ${JSON.stringify({
      ...envelope(answer, 'chat.completion.chunk'),
      choices,
      ...(asksUsage ? { usage: usageField ?? null } : {}),
    })}\n\n`;
  const lanes = answer.choices.map((said, index) => deltas(answer, said, index));
  const frames: Frame[] = [];
  for (let step = 0; step < Math.max(...lanes.map((lane) => lane.length)); step++) {
    const choices = lanes.map((lane) => lane[step]).filter((choice) => choice !== undefined);
    frames.push(...choices.map((choice) => ({ text: chunk([choice]) })));
  }
  if (asksUsage) frames.push({ text: chunk([], openaiUsage(usage)), reports: usage });
  frames.push({ text: 'data: [DONE]\n\n' });
  return frames;
}

const envelope = ({ prompt, seed, createdSeconds }: ChatAnswer, object: string): JsonObject => ({
  id: `chatcmpl-${seed.letters(29, 'completion')}`,
  object,
  created: createdSeconds,
  model: prompt.model,
  service_tier: 'default',
  system_fingerprint: 'fp_simulator1',
});

const showsThinking = (answer: ChatAnswer, said: Said): boolean =>
  !answer.prompt.hidesThinking && said.thinking !== '';

const callId = (answer: ChatAnswer, choice: number, at: number): string =>
  `call_${answer.seed.letters(24, `call ${choice} ${at}`)}`;

function message(answer: ChatAnswer, said: Said, choice: number): JsonObject {
  const hasText = said.text !== '' || (said.toolCalls.length === 0 && said.refusal === '');
  return {
    role: 'assistant',
    content: hasText ? said.text : null,
    ...(showsThinking(answer, said) ? { reasoning_content: said.thinking } : {}),
    refusal: said.refusal === '' ? null : said.refusal,
    annotations: [],
    ...(said.toolCalls.length === 0
      ? {}
      : {
          tool_calls: said.toolCalls.map((call, at) => ({
            id: call.id ?? callId(answer, choice, at),
            type: 'function',
            function: { name: call.name, arguments: call.arguments },
          })),
        }),
  };
}

/** One choice's deltas in order: role, reasoning, text, refusal, tool calls, finish. */
function deltas(answer: ChatAnswer, said: Said, index: number): JsonObject[] {
  const choice = (
    delta: JsonObject,
    logprobs: JsonValue = null,
    finish: string | null = null,
  ): JsonObject => ({
    index,
    delta,
    logprobs,
    finish_reason: finish,
  });
  const thoughts = showsThinking(answer, said) ? splitTokens(said.thinking, 2) : [];
  return [
    choice({ role: 'assistant', content: said.toolCalls.length > 0 ? null : '', refusal: null }),
    ...thoughts.map((piece) => choice({ reasoning_content: piece })),
    ...splitTokens(said.text).map((piece) => choice({ content: piece }, logprobsOf(answer, [piece]))),
    ...splitTokens(said.refusal).map((piece) => choice({ refusal: piece })),
    ...said.toolCalls.flatMap((call, at) => [
      choice({
        tool_calls: [
          {
            index: at,
            id: call.id ?? callId(answer, index, at),
            type: 'function',
            function: { name: call.name, arguments: '' },
          },
        ],
      }),
      ...splitTokens(call.arguments, ARGUMENT_TOKENS_PER_CHUNK).map((piece) =>
        choice({ tool_calls: [{ index: at, function: { arguments: piece } }] }),
      ),
    ]),
    choice({}, null, FINISH[said.finish]),
  ];
}

/** Log probabilities of tokens; null when none were asked for. */
export function logprobsOf(
  { prompt, seed }: Pick<ChatAnswer, 'prompt' | 'seed'>,
  tokens: string[],
): JsonObject | null {
  const count = prompt.topLogprobs;
  if (count === undefined) return null;
  const entry = (token: string, rank: number): JsonObject => ({
    token,
    logprob: -(rank + seed.below(1_000, `logprob ${token}`) / 1_000),
    bytes: [...Buffer.from(token)],
  });
  const content = tokens.map((token) => ({
    ...entry(token, 0),
    top_logprobs: Array.from({ length: count }, (_, rank) =>
      entry(rank === 0 ? token : `${token}~${rank}`, rank),
    ),
  }));
  return { content, refusal: null };
}
