import type { Prompt } from './prompt.js';
import type { Seed } from './seed.js';

const REMARKS = [
  'This answer comes from the built-in upstream simulator, not from a language model.',
  'The same request always gets the same answer.',
  'Configure a provider credential to talk to a real model.',
  'Everything around this text, from streaming to billing, works as it does in production.',
  'Ask for a number of words to get a longer answer.',
];

const WORDS = (
  'the gateway takes tokens and charges for them exactly once so every request is metered priced and written ' +
  'down before the caller can look away while the ledger stays balanced'
).split(' ');

const MAX_WORDS = 50_000;
const QUOTED_CHARS = 300;

const quote = (text: string): string => {
  const chars = Array.from(text.trim());
  return chars.length > QUOTED_CHARS ? `"${chars.slice(0, QUOTED_CHARS).join('')}…"` : `"${chars.join('')}"`;
};

/** What the simulated model says in prose. */
export function proseAnswer(prompt: Prompt, seed: Seed): string {
  const wanted = /\b(\d{1,6}) words\b/.exec(prompt.lastText)?.[1];
  if (wanted !== undefined) return manyWords(Math.min(Number(wanted), MAX_WORDS));
  const sentences = [...resultSentences(prompt), ...attachmentSentences(prompt)];
  if (prompt.lastText !== '') sentences.push(`You said: ${quote(prompt.lastText)}.`);
  if (sentences.length === 0) sentences.push('There was nothing to answer.');
  const first = seed.below(REMARKS.length, 'first remark');
  const count = 1 + seed.below(2, 'remarks');
  for (let at = 0; at < count; at++) sentences.push(REMARKS[(first + at) % REMARKS.length] ?? '');
  return sentences.join(' ');
}

/** What the simulated model thinks before it answers. */
export function thoughtText(prompt: Prompt, seed: Seed): string {
  const about =
    prompt.toolResults.length > 0 ? 'The tools have answered' : `The user wrote ${quote(prompt.lastText)}`;
  const plans = [
    'I will answer briefly.',
    'A short reply is enough.',
    'Let me say it back and add a remark.',
  ];
  return `${about}. ${plans[seed.below(plans.length, 'plan')]}`;
}

/** A capitalised sentence of every twelve words; exactly `count` words. */
function manyWords(count: number): string {
  const words = Array.from({ length: count }, (_, index) => {
    const word = WORDS[index % WORDS.length] ?? 'word';
    const capitalised = index % 12 === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word;
    return index % 12 === 11 || index === count - 1 ? `${capitalised}.` : capitalised;
  });
  return words.join(' ');
}

const resultSentences = (prompt: Prompt): string[] =>
  prompt.toolResults.map(({ name, text, isError }) => {
    if (isError) return `The tool ${name} failed: ${quote(text)}.`;
    return isSearch(name) ? foundSentence(text) : `The tool ${name} answered: ${quote(text)}.`;
  });

/** Whether a tool is one that searches; its results are numbered. */
export const isSearch = (name: string): boolean => name === 'octen_search';

/** What the simulated model looks for: what the user wants to have searched, else all that was said. */
export function searchQuery(text: string): string {
  const wanted = /\bsearch(?:\s+(?:the\s+)?(?:web|docs|documents))?(?:\s+(?:for|about))?:?\s+(.+)/is.exec(
    text,
  )?.[1];
  return (wanted ?? text)
    .trim()
    .replace(/[.?!]+$/, '')
    .slice(0, 200);
}

/** Quotes the first numbered result and cites it, as models are told to. */
function foundSentence(text: string): string {
  const first = /^\[(\d+)\] (.+)\nURL: [^]*?(?:\n\n|$)/m.exec(text);
  if (!first) return `The search answered: ${quote(text)}.`;
  const [whole, number = '', title = ''] = first;
  const excerpt = whole.trim().split('\n').at(-1) ?? '';
  return `The search found "${title}" [${number}]: ${quote(excerpt)}.`;
}

function attachmentSentences(prompt: Prompt): string[] {
  return (['image', 'document'] as const).flatMap((kind) => {
    const received = prompt.attachments.filter((attachment) => attachment.kind === kind);
    if (received.length === 0) return [];
    const list = received.map(({ mediaType, bytes }) =>
      bytes === undefined ? mediaType : `${mediaType}, ${bytes} bytes`,
    );
    return [`I received ${received.length} ${kind}${received.length === 1 ? '' : 's'} (${list.join('; ')}).`];
  });
}
