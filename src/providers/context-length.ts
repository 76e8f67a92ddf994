import type { ContextLength } from '../core/context-length.js';
import type { UpstreamErrorBody } from '../protocols/protocol.js';

/** Where vendors write how long the input was and how long it may be. Each was seen in a vendor's answer. */
const FIGURES: readonly RegExp[] = [
  // Anthropic.
  /prompt is too long: (?<tokens>\d+) tokens > (?<maximum>\d+)/i,
  /exceed context limit: (?<tokens>\d+) \+ (?<output>\d+) > (?<maximum>\d+)/i,
  // vLLM, where the output asked for does not fit behind the input.
  /maximum context length is (?<maximum>\d+) tokens and your request has (?<tokens>\d+) input tokens/i,
  // OpenAI, Azure, DeepSeek, vLLM, OpenRouter; the last three count the output in, and say what the input was.
  /maximum context length is (?<maximum>\d+) tokens\b.*?\((?:about )?(?<tokens>\d+) (?:in the messages|of text input|in your prompt)/is,
  /maximum context length is (?<maximum>\d+) tokens(?:\b.*?(?:resulted in|requested(?: about)?) (?<tokens>\d+) tokens)?/is,
  /configured limit of (?<maximum>\d+) tokens(?:.*?resulted in (?<tokens>\d+) tokens)?/is,
  // xAI.
  /maximum prompt length is (?<maximum>\d+) but the request contains (?<tokens>\d+)/i,
  /message \((?<tokens>\d+) tokens\) exceeds budget \((?<maximum>\d+) tokens\)/i,
  // Google.
  /input token count \((?<tokens>\d+)\) exceeds the maximum number of tokens allowed \((?<maximum>\d+)\)/i,
  // Mistral.
  /contains (?<tokens>\d+) tokens\b.*?(?<maximum>\d+) maximum context length/is,
  // Moonshot.
  /exceeded model token limit: (?<maximum>\d+)(?: \(requested: (?<tokens>\d+)\))?/i,
  // llama.cpp.
  /request \((?<tokens>\d+) tokens\) exceeds the available context size \((?<maximum>\d+) tokens\)/i,
  // Alibaba.
  /range of input length should be \[\d+, ?(?<maximum>\d+)\]/i,
];

/** Codes and words without figures: OpenAI and Groq, llama.cpp, MiniMax, Z.ai, Amazon and Ollama. */
const MARKS =
  /context_length_exceeded|exceed_context_size|input_too_large|context window exceeds limit|prompt exceeds max length|exceeds the context window|reduce the length of|(?:prompt|input) (?:is )?too long|too many input tokens/i;

const figure = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

/** What a refusal says about the context length; undefined when it is about something else (rows 71 and 72). */
export function contextLengthOf({ message, type, code }: UpstreamErrorBody): ContextLength | undefined {
  const plain = message.replace(/(\d),(?=\d{3}\b)/g, '$1');
  for (const pattern of FIGURES) {
    const found = pattern.exec(plain)?.groups;
    if (!found) continue;
    const { tokens, maximum, output } = found;
    return { tokens: figure(tokens), maximum: figure(maximum), output: figure(output) };
  }
  return MARKS.test(`${type ?? ''} ${code ?? ''} ${message}`) ? {} : undefined;
}
