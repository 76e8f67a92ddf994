/** What is known of a request that did not fit into a model's context; figures are tokens. */
export interface ContextLength {
  /** Input tokens of the request. Absent: the vendor does not say. */
  tokens?: number | undefined;
  /** Most tokens the model takes. Absent: the vendor does not say. */
  maximum?: number | undefined;
  /** Output tokens asked for, where input and output together were too much. Absent: the input alone was. */
  output?: number | undefined;
}

/** Code by which OpenAI's clients know this refusal. */
export const CONTEXT_LENGTH_CODE = 'context_length_exceeded';

/** The refusal in OpenAI's words, which clients of Chat and Responses search for. */
export function openAiContextMessage({ tokens, maximum }: ContextLength): string {
  const most = maximum === undefined ? '' : `This model's maximum context length is ${maximum} tokens.`;
  if (most === '') return "Your input exceeds this model's maximum context length. Please shorten the input.";
  if (tokens === undefined) return `${most} Please reduce the length of the messages.`;
  return `${most} However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`;
}

/** The refusal in Anthropic's words; Claude Code searches for the first ones and reads the figures (row 72). */
export function anthropicContextMessage({ tokens, maximum, output }: ContextLength): string {
  if (tokens !== undefined && maximum !== undefined) {
    return output === undefined
      ? `prompt is too long: ${tokens} tokens > ${maximum} maximum`
      : `input length and \`max_tokens\` exceed context limit: ${tokens} + ${output} > ${maximum}, ` +
          'decrease input length or `max_tokens` and try again';
  }
  return `prompt is too long: it exceeds the model's context window${maximum === undefined ? '' : ` of ${maximum} tokens`}`;
}

/** The refusal in Google's words. */
export function googleContextMessage({ tokens, maximum }: ContextLength): string {
  const count = tokens === undefined ? '' : ` (${tokens})`;
  const most = maximum === undefined ? '' : ` (${maximum})`;
  return `The input token count${count} exceeds the maximum number of tokens allowed${most}.`;
}
