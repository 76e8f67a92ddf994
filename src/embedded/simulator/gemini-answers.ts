import { asObject, tryParseJson, type JsonObject } from '../../core/json.js';
import type { GeminiCall } from './gemini-prompt.js';
import type { Said } from './model.js';
import type { Frame } from './pacing.js';
import type { Prompt } from './prompt.js';
import type { Seed } from './seed.js';
import { signThinking } from './signature.js';
import { countTokens, splitTokens } from './token-count.js';
import { geminiUsage, type SimulatedUsage } from './usage.js';

/** All that a generateContent answer is made of. */
export interface GeminiAnswer {
  call: GeminiCall;
  prompt: Prompt;
  /** One per candidate. */
  choices: Said[];
  seed: Seed;
  usage: SimulatedUsage;
}

const FINISH = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  'stop-sequence': 'STOP',
  refusal: 'SAFETY',
};
const TOKENS_PER_CHUNK = 3;

/** What the signature of a call is made over, so that one that was moved or altered is found. */
export const signedCall = (call: JsonObject): string =>
  `gemini call ${String(call.name)} ${JSON.stringify(call.args ?? {})}`;

/** What the signature of a text is made over; it may come on a part of its own. */
export const SIGNED_TEXT = 'gemini text';

/** The body of a non-streaming answer: the signature is on the first call, else on the text. */
export function geminiBody(answer: GeminiAnswer): JsonObject {
  const candidates = answer.choices.map((said, index) => ({
    content: { parts: partsOf(answer, said, index), role: 'model' },
    ...ending(said),
    index,
  }));
  return { candidates, usageMetadata: geminiUsage(answer.usage), ...envelope(answer) };
}

/**
 * The frames of a streaming answer: text piece by piece, each call in a chunk of its own, the finish in a last one whose
 * empty text carries the signature of an answer without calls. Usage is cumulative on every chunk; the first lacks the
 * output.
 */
export function geminiFrames(answer: GeminiAnswer): Frame[] {
  const chunks: { parts: JsonObject[]; index: number; said?: Said }[] = [];
  for (const [index, said] of answer.choices.entries()) {
    for (const part of partsOf(answer, said, index).flatMap(pieces)) chunks.push({ parts: [part], index });
    const signature = isSigned(said) ? { thoughtSignature: signText(answer) } : {};
    chunks.push({ parts: [{ text: '', ...signature }], index, said });
  }
  const { input, cacheRead, output, reasoning } = answer.usage;
  let told = reasoning;
  return chunks.map(({ parts, index, said }, place) => {
    const isLast = place === chunks.length - 1;
    told = isLast ? output : Math.min(output, told + countTokens(JSON.stringify(parts)));
    const usage = { ...answer.usage, output: place === 0 && !isLast ? reasoning : told };
    const counted = geminiUsage(usage);
    if (place === 0 && !isLast) delete counted.candidatesTokenCount;
    const candidate = { content: { parts, role: 'model' }, ...(said ? ending(said) : {}), index };
    const body = { candidates: [candidate], usageMetadata: counted, ...envelope(answer) };
    const text = frameText(JSON.stringify(body), answer.call.sse, { isFirst: place === 0, isLast });
    return { text, reports: { ...usage, input, cacheRead } };
  });
}

/** An event with CRLF, or a piece of one JSON array. */
function frameText(
  data: string,
  sse: boolean,
  { isFirst, isLast }: { isFirst: boolean; isLast: boolean },
): string {
  if (sse) return `data: ${data}\r\n\r\n`;
  return `${isFirst ? '[' : ',\r\n'}${data}${isLast ? ']' : ''}`;
}

const isSigned = (said: Said): boolean => said.toolCalls.length === 0 && said.text !== '';
const signText = ({ seed }: GeminiAnswer): string => signThinking(SIGNED_TEXT, seed);

function partsOf(answer: GeminiAnswer, said: Said, choice: number): JsonObject[] {
  const { prompt, seed, call } = answer;
  const parts: JsonObject[] = [];
  if (said.thinking !== '' && !prompt.hidesThinking) parts.push({ text: said.thinking, thought: true });
  if (said.text !== '') {
    const signature = isSigned(said) && !call.streamed ? { thoughtSignature: signText(answer) } : {};
    parts.push({ text: said.text, ...signature });
  }
  for (const [at, wanted] of said.toolCalls.entries()) {
    const args = asObject(tryParseJson(wanted.arguments)) ?? {};
    const named = wanted.id === undefined ? {} : { id: wanted.id };
    // Google leaves out the arguments of a call without any.
    const given = Object.keys(args).length === 0 ? {} : { args };
    const functionCall: JsonObject = { ...named, name: wanted.name, ...given };
    const signature =
      at === 0 ? { thoughtSignature: signThinking(signedCall(functionCall), seed.branch(`${choice}`)) } : {};
    parts.push({ functionCall, ...signature });
  }
  return parts;
}

/** A text part in pieces, anything else whole. */
function pieces(part: JsonObject): JsonObject[] {
  const { text } = part;
  if (typeof text !== 'string') return [part];
  return splitTokens(text, TOKENS_PER_CHUNK).map((piece) => ({ ...part, text: piece }));
}

const ending = (said: Said): JsonObject => ({
  finishReason: FINISH[said.finish],
  ...(said.finish === 'refusal' && said.refusal !== '' ? { finishMessage: said.refusal } : {}),
});

const envelope = ({ call, seed }: GeminiAnswer): JsonObject => ({
  modelVersion: call.model,
  responseId: seed.letters(22, 'response'),
});
