import type { ProviderProtocol } from '../../src/catalog/model.js';
import { recordedLines, recordingsOf, type Recording } from './recordings.js';

/** One recorded answer as its vendor gives it to one call: a file with several turns is several of these. */
export interface RecordedAnswer {
  /** "openai/responses__openai-compaction.1.chunks.txt turn 2". */
  name: string;
  vendor: RecordedVendor;
  protocol: ProviderProtocol;
  streamed: boolean;
  status: number;
  contentType: string;
  /** On the wire. */
  body: string;
}

/** Folders of the recordings, with the adapter that serves each. */
export const RECORDED_VENDORS = {
  anthropic: 'anthropic',
  openai: 'openai',
  google: 'google',
  groq: 'groq',
  mistral: 'mistral',
  deepseek: 'deepseek',
  xai: 'xai',
  moonshotai: 'moonshot',
  alibaba: 'qwen',
  'openai-compatible': 'openai-compatible',
  'open-responses': 'openai-compatible',
} as const;

/** A folder of the recordings. */
export type RecordedVendor = keyof typeof RECORDED_VENDORS;

/** Not an answer of a model on any of the four protocols: the retired text completions, and embeddings. */
const OTHER_ENDPOINTS = /\/(completion|embedding)__/;

/** Where one turn ends and the next begins in a file that holds several, one after the other. */
const TURN_BOUNDS: Partial<Record<ProviderProtocol, readonly [end: RegExp, start: RegExp]>> = {
  'openai-responses': [/"type":\s*"response\.completed"/, /"type":\s*"response\.created"/],
  'anthropic-messages': [/"type":\s*"message_stop"/, /"type":\s*"message_start"/],
};

/** Every recorded answer of a model, in the order of the folders. */
export const recordedAnswers = (): RecordedAnswer[] =>
  (Object.keys(RECORDED_VENDORS) as RecordedVendor[]).flatMap((vendor) =>
    recordingsOf(vendor, /./)
      .filter(({ name }) => !OTHER_ENDPOINTS.test(name))
      .flatMap((recording) => answersIn(recording, vendor)),
  );

function answersIn(recording: Recording, vendor: RecordedVendor): RecordedAnswer[] {
  const protocol = protocolOf(recording.name, vendor);
  if (!recording.name.endsWith('.chunks.txt')) {
    const status = refusalStatus(recording.text);
    const { name, text: body } = recording;
    return [{ name, vendor, protocol, streamed: false, status, contentType: 'application/json', body }];
  }
  const turns = turnsOf(recordedLines(recording), TURN_BOUNDS[protocol]);
  return turns.map((lines, index) => ({
    name: turns.length === 1 ? recording.name : `${recording.name} turn ${index + 1}`,
    vendor,
    protocol,
    streamed: true,
    status: 200,
    contentType: 'text/event-stream',
    body: streamOf(lines, protocol),
  }));
}

function protocolOf(name: string, vendor: RecordedVendor): ProviderProtocol {
  if (vendor === 'anthropic') return 'anthropic-messages';
  if (vendor === 'google') return 'google-gemini';
  return name.includes('/responses__') ? 'openai-responses' : 'openai-chat';
}

/** Status of an answer that stands without one: an error's own code, 400 for one that names none. */
function refusalStatus(text: string): number {
  const { error } = JSON.parse(text) as { error?: { code?: unknown; type?: unknown } | null };
  if (!error) return 200;
  if (typeof error.code === 'number') return error.code;
  return error.type === 'insufficient_quota' ? 429 : 400;
}

function turnsOf(lines: string[], bounds: readonly [RegExp, RegExp] | undefined): string[][] {
  if (!bounds) return [lines];
  const [end, start] = bounds;
  const isBound = (line: string, index: number): boolean =>
    start.test(line) && end.test(lines[index - 1] ?? '');
  const starts = [0, ...lines.flatMap((line, index) => (isBound(line, index) ? [index] : []))];
  return starts.map((first, turn) => lines.slice(first, starts[turn + 1]));
}

/** The events framed as the vendor frames them. */
function streamOf(lines: readonly string[], protocol: ProviderProtocol): string {
  if (protocol === 'google-gemini') return lines.map((line) => `data: ${line}\r\n\r\n`).join('');
  if (protocol === 'openai-chat') return [...lines, '[DONE]'].map((line) => `data: ${line}\n\n`).join('');
  return lines.map((line) => `event: ${typeOf(line)}\ndata: ${line}\n\n`).join('');
}

/** A line may be broken JSON by intent, so its type is found as text. */
const typeOf = (line: string): string => /"type":\s*"([^"]+)"/.exec(line)?.[1] ?? 'message';
