import type { Door, Reading } from '../support/recorded-readings.js';

/** A part of a reading that is compared by itself. */
export type Field = keyof Reading;

/** One difference that is no fault, with its reason. Whatever is not in the list below is a fault. */
export interface AllowedLoss {
  /** Why the gateway's caller does not get what the vendor's own client reads, and what it gets instead. */
  reason: string;
  recordings: RegExp;
  doors: readonly Door[];
  fields: readonly Field[];
  /** How far the difference may go. */
  permits: (native: Reading, seen: Reading) => boolean;
}

const ALL: readonly Door[] = ['chat', 'messages', 'responses', 'gemini'];
const FOREIGN_TO_RESPONSES: readonly Door[] = ['chat', 'messages', 'gemini'];
const FOREIGN_TO_MESSAGES: readonly Door[] = ['chat', 'responses', 'gemini'];

const isSubset = (part: Reading['calls'], whole: Reading['calls']): boolean => {
  const names = whole.map(({ name }) => name);
  return part.every(({ name }) => names.includes(name));
};

/** Every difference that is borne. An entry that no recording needs any more fails the test. */
export const ALLOWED_LOSSES: readonly AllowedLoss[] = [
  {
    reason:
      'apply_patch, shell, local_shell and tool_search are items of Responses alone: only a client of that ' +
      'protocol can declare them, and only it is shown their calls.',
    recordings: /^openai\/responses__openai-(apply-patch|client-tool-search|local-shell|shell)/,
    doors: FOREIGN_TO_RESPONSES,
    fields: ['calls', 'finish'],
    permits: (native, seen) => isSubset(seen.calls, native.calls) && seen.finish === 'stop',
  },
  {
    reason: 'A custom tool takes free text; the other protocols know objects only, so it stands in `input`.',
    recordings: /^openai\/responses__openai-custom-tool/,
    doors: FOREIGN_TO_RESPONSES,
    fields: ['calls'],
    permits: (native, seen) =>
      JSON.stringify(seen.calls) ===
      JSON.stringify(native.calls.map(({ name, input }) => ({ name, input: { input } }))),
  },
  {
    reason: 'The other protocols have no namespaces: a tool in one goes by both names.',
    recordings: /^openai\/responses__openai-tool-search/,
    doors: FOREIGN_TO_RESPONSES,
    fields: ['calls'],
    permits: (native, seen) =>
      JSON.stringify(seen.calls) ===
      JSON.stringify(native.calls.map(({ name, input }) => ({ name: `${name}__${name}`, input }))),
  },
  {
    reason:
      'The recording lost deltas. The vendor’s client shows what is left of them; the gateway gives the rest of ' +
      'the text when its item is done.',
    recordings: /^openai\/responses__openai-phase/,
    doors: FOREIGN_TO_RESPONSES,
    fields: ['text'],
    permits: (native, seen) => seen.text.startsWith('Got it') && seen.text.length > native.text.length,
  },
  {
    reason:
      'Two events of the recording are not JSON: the vendor’s client goes on, the gateway fails the answer.',
    recordings: /^openai\/responses__parallel-tool-call-wrapper.*chunks/,
    doors: ALL,
    fields: ['calls', 'finish', 'failure'],
    permits: (native, { calls, failure }) =>
      native.failure !== undefined && calls.length === 0 && failure?.status === 502,
  },
  {
    reason:
      'The quota that ran out is the gateway’s own: never shown as the caller’s, and not in the vendor’s words.',
    recordings: /^openai\/responses__openai-error/,
    doors: ALL,
    fields: ['failure'],
    permits: (native, { failure }) => native.failure?.status === 429 && failure?.status === 502,
  },
  {
    reason: 'The vendor’s limit is the gateway’s own: the status stays, the words are the gateway’s.',
    recordings: /^google\/google-429/,
    doors: ALL,
    fields: ['failure'],
    permits: (native, { failure }) => failure?.status === native.failure?.status,
  },
  {
    reason:
      'Two answers in one body, by intent. Both end as a failure at the splice; the gateway says it in its own ' +
      'words, and the call that was open then stays unfinished.',
    recordings: /^anthropic\/spliced-message-start/,
    doors: ALL,
    fields: ['calls', 'finish', 'failure'],
    permits: (native, seen) =>
      native.failure !== undefined &&
      seen.failure !== undefined &&
      seen.calls.every(({ input }) => typeof input === 'string'),
  },
  {
    reason:
      'A compaction is shown as text by the vendor’s client. No other protocol can ask for one or send it back, ' +
      'so it is left out there.',
    recordings: /^anthropic\/anthropic-compaction/,
    doors: FOREIGN_TO_MESSAGES,
    fields: ['text'],
    permits: (native, seen) => seen.text !== '' && native.text.endsWith(seen.text),
  },
  {
    reason:
      'These readers show a refusal’s explanation as text; the vendor’s client has it beside the answer.',
    recordings: /^anthropic\/anthropic-refusal\./,
    doors: ['chat', 'responses'],
    fields: ['text'],
    permits: (native, seen) => native.text === '' && seen.text.startsWith('This request triggered'),
  },
  {
    reason:
      'The answer ends its turn after calls that were answered inside it. These readers derive the reason from ' +
      'the calls and read none that says otherwise.',
    recordings: /^anthropic\/anthropic-programmatic-tool-calling/,
    doors: ['responses', 'gemini'],
    fields: ['finish'],
    permits: (native, seen) => native.finish === 'stop' && seen.finish === 'tool-calls',
  },
  {
    reason:
      'xAI leaves reasoning out of its output tokens and the generic reader takes them as they come. The gateway ' +
      'adds them: they are part of the output in every outer convention.',
    recordings: /^(xai\/xai-|openai-compatible\/chat__xai-)/,
    doors: ALL,
    fields: ['usage'],
    permits: ({ usage: native }, { usage: seen }) =>
      JSON.stringify(seen) === JSON.stringify({ ...native, output: native.output + native.reasoning }),
  },
  {
    reason:
      'A search on X is an item of xAI’s own. The reader of OpenAI’s whole answers refuses any item that is not on its ' +
      'list; xAI’s reader, and that of streams, do not.',
    recordings: /^xai\/responses__xai-x-search-tool\.1\.json/,
    doors: ['responses'],
    fields: ['text', 'finish', 'usage', 'failure'],
    permits: (native, seen) =>
      native.failure === undefined && /Invalid JSON/.test(seen.failure?.message ?? ''),
  },
  {
    reason:
      'Reasoning text, as open models give it on Responses, reaches the client; this reader takes summaries only.',
    recordings: /^open-responses\/responses__lmstudio/,
    doors: ['responses'],
    fields: ['reasoning'],
    permits: (_native, seen) => seen.reasoning === '',
  },
];
