import { asArray, asObject, type JsonObject } from '../../core/json.js';
import { isOpenaiModel } from './chat-prompt.js';
import type { Said } from './model.js';
import { logprobsOf } from './openai-chat-answers.js';
import type { Frame } from './pacing.js';
import type { Prompt } from './prompt.js';
import type { Seed } from './seed.js';
import { signThinking } from './signature.js';
import { splitTokens } from './token-count.js';
import { responsesUsage, type SimulatedUsage } from './usage.js';

/** All that a Responses answer is made of. */
export interface ResponsesAnswer {
  /** The request, whose parameters the answer repeats. */
  body: JsonObject;
  prompt: Prompt;
  said: Said;
  seed: Seed;
  createdSeconds: number;
  usage: SimulatedUsage;
}

const ARGUMENT_TOKENS_PER_EVENT = 3;

/** One output item: as it begins, the events in between, and whole. */
interface Item {
  opening: JsonObject;
  events: JsonObject[];
  whole: JsonObject;
}

/** The body of a non-streaming answer. */
export function responsesBody(answer: ResponsesAnswer): JsonObject {
  const output = itemsOf(answer).map(({ whole }) => whole);
  return { ...envelope(answer), ...ending(answer.said), output, usage: responsesUsage(answer.usage) };
}

/** The frames of a streaming answer, each numbered and named. */
export function responsesFrames(answer: ResponsesAnswer): Frame[] {
  const begun = { ...envelope(answer), status: 'in_progress', output: [], usage: null };
  const events = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...itemsOf(answer).flatMap(({ opening, events: inner, whole }, output_index) => [
      { type: 'response.output_item.added', output_index, item: opening },
      ...inner.map((event) => ({ ...event, item_id: whole.id, output_index })),
      { type: 'response.output_item.done', output_index, item: whole },
    ]),
  ];
  const whole = responsesBody(answer);
  const last = { type: `response.${String(whole.status)}`, response: whole };
  return [
    ...events.map((event, at) => ({ text: eventText(event, at) })),
    { text: eventText(last, events.length), reports: answer.usage },
  ];
}

function eventText(event: JsonObject, sequence_number: number): string {
  const padding = String(event.type).endsWith('.delta') ? { obfuscation: 'x8Q' } : {};
  return `event: ${String(event.type)}\ndata: ${JSON.stringify({ ...event, sequence_number, ...padding })}\n\n`;
}

function envelope({ body, prompt, seed, createdSeconds }: ResponsesAnswer): JsonObject {
  const reasoning = asObject(body.reasoning);
  return {
    id: `resp_${seed.letters(32, 'response')}`,
    object: 'response',
    created_at: createdSeconds,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: prompt.model,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null },
    service_tier: 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: asArray(body.tools),
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? 'disabled',
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  };
}

const ending = ({ finish }: Said): JsonObject =>
  finish === 'length'
    ? { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    : { status: 'completed', incomplete_details: null };

function itemsOf(answer: ResponsesAnswer): Item[] {
  const { said, prompt } = answer;
  const hasText = said.text !== '' || (said.toolCalls.length === 0 && said.refusal === '');
  return [
    ...(said.thinking === '' ? [] : [reasoningItem(answer)]),
    ...(hasText ? [textItem(answer)] : []),
    ...(said.refusal === '' ? [] : [refusalItem(answer)]),
    ...said.toolCalls.map((call, at) => callItem(answer, call, at)),
  ].map((item) => (prompt.streamed ? item : { ...item, events: [] }));
}

/** OpenAI's own models show a summary when asked; open models show the thinking itself. */
function reasoningItem({ body, prompt, said, seed }: ResponsesAnswer): Item {
  const id = `rs_${seed.letters(32, 'reasoning')}`;
  const encrypted = asArray(body.include).includes('reasoning.encrypted_content')
    ? { encrypted_content: signThinking(id, seed) }
    : {};
  const shown = prompt.hidesThinking ? [] : splitTokens(said.thinking, 2);
  const opening = { id, type: 'reasoning', summary: [] };
  if (!isOpenaiModel(prompt.model)) {
    const part = { type: 'reasoning_text', text: said.thinking };
    const events = shown.map((delta) => ({ type: 'response.reasoning_text.delta', content_index: 0, delta }));
    return { opening, events, whole: { ...opening, content: [part], ...encrypted } };
  }
  const part = { type: 'summary_text', text: said.thinking };
  const at = { summary_index: 0 };
  const events = [
    { type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } },
    ...shown.map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
    { type: 'response.reasoning_summary_text.done', ...at, text: said.thinking },
    { type: 'response.reasoning_summary_part.done', ...at, part },
  ];
  const summary = prompt.hidesThinking ? [] : [part];
  return {
    opening,
    events: prompt.hidesThinking ? [] : events,
    whole: { ...opening, summary, ...encrypted },
  };
}

function message(seed: Seed, label: string, part: JsonObject, inner: JsonObject[]): Item {
  const empty = { ...part, ...('text' in part ? { text: '', logprobs: [] } : { refusal: '' }) };
  const item = { id: `msg_${seed.letters(32, label)}`, type: 'message', role: 'assistant' };
  const at = { content_index: 0 };
  return {
    opening: { ...item, status: 'in_progress', content: [] },
    events: [
      { type: 'response.content_part.added', ...at, part: empty },
      ...inner.map((event) => ({ ...event, ...at })),
      { type: 'response.content_part.done', ...at, part },
    ],
    whole: { ...item, status: 'completed', content: [part] },
  };
}

function textItem(answer: ResponsesAnswer): Item {
  const { prompt, said, seed } = answer;
  const logprobs = (tokens: string[]): JsonObject[] =>
    asArray(logprobsOf({ prompt, seed }, tokens)?.content) as JsonObject[];
  const pieces = splitTokens(said.text);
  const whole = logprobs(pieces);
  const part = { type: 'output_text', annotations: [], logprobs: whole, text: said.text };
  return message(seed, 'message', part, [
    ...pieces.map((delta) => ({ type: 'response.output_text.delta', delta, logprobs: logprobs([delta]) })),
    { type: 'response.output_text.done', text: said.text, logprobs: whole },
  ]);
}

function refusalItem({ said, seed }: ResponsesAnswer): Item {
  return message(seed, 'refusal', { type: 'refusal', refusal: said.refusal }, [
    ...splitTokens(said.refusal).map((delta) => ({ type: 'response.refusal.delta', delta })),
    { type: 'response.refusal.done', refusal: said.refusal },
  ]);
}

/** The tool that a call names, and the namespace around it. */
function declarationOf(body: JsonObject, name: string): { custom: boolean; namespace?: string } {
  for (const tool of asArray(body.tools).map((value) => asObject(value) ?? {})) {
    if (tool.type !== 'namespace' && tool.name === name) return { custom: tool.type === 'custom' };
    const inner = asArray(tool.tools).map((value) => asObject(value) ?? {});
    const found = inner.find((each) => each.name === name);
    if (found) return { custom: found.type === 'custom', namespace: String(tool.name) };
  }
  return { custom: false };
}

function callItem({ body, seed }: ResponsesAnswer, call: Said['toolCalls'][number], at: number): Item {
  const { custom, ...namespace } = declarationOf(body, call.name);
  const call_id = call.id ?? `call_${seed.letters(24, `call ${at}`)}`;
  const id = `${custom ? 'ctc' : 'fc'}_${seed.letters(32, `item ${at}`)}`;
  const item = { id, call_id, name: call.name, ...namespace };
  const status = { status: 'in_progress' };
  if (custom) {
    const input = String(asObject(JSON.parse(call.arguments))?.input ?? '');
    const whole = { ...item, type: 'custom_tool_call', input, status: 'completed' };
    const events = [
      { type: 'response.custom_tool_call_input.delta', delta: input },
      { type: 'response.custom_tool_call_input.done', input },
    ];
    return { opening: { ...whole, input: '', ...status }, events, whole };
  }
  const whole = { ...item, type: 'function_call', arguments: call.arguments, status: 'completed' };
  const events = [
    ...splitTokens(call.arguments, ARGUMENT_TOKENS_PER_EVENT).map((delta) => ({
      type: 'response.function_call_arguments.delta',
      delta,
    })),
    { type: 'response.function_call_arguments.done', arguments: call.arguments },
  ];
  return { opening: { ...whole, arguments: '', ...status }, events, whole };
}
