import type { Frame, Pacing } from './pacing.js';
import type { RuleAnswer } from './script.js';
import type { SimulatedProtocol } from './prompt.js';
import { usageOf, type SimulatedUsage } from './usage.js';
import { errorBody, type VendorError } from './vendor-errors.js';

/** An answer ready to be sent. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  frames: Iterable<Frame>;
  streamed: boolean;
  /** What the answer costs the vendor; null when no model answered. */
  modelUsage: SimulatedUsage | null;
  pacing: Pacing;
}

/** Headers of an event stream, as the vendors send them. */
export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
};
export const JSON_HEADERS = { 'content-type': 'application/json' };

/** A JSON answer. */
export const jsonReply = (status: number, body: unknown, reports?: SimulatedUsage): Reply => ({
  status,
  headers: JSON_HEADERS,
  frames: [{ text: JSON.stringify(body), reports }],
  streamed: false,
  modelUsage: reports ?? null,
  pacing: {},
});

/** A refusal in the vendor's shape. */
export const errorReply = (protocol: SimulatedProtocol, error: VendorError, requestId: string): Reply =>
  jsonReply(error.status, errorBody(protocol, error, requestId));

/** The answer a rule spells out itself, that is any but `model`. */
export function scriptedReply(
  answer: Exclude<RuleAnswer, { kind: 'model' }>,
  protocol: SimulatedProtocol,
  requestId: string,
): Reply {
  const reports = 'reports' in answer && answer.reports !== undefined ? usageOf(answer.reports) : undefined;
  const reply = { modelUsage: reports ?? null, pacing: {} };
  switch (answer.kind) {
    case 'error': {
      const error = { ...answer, message: answer.message ?? `Scripted error ${answer.status}` };
      const refusal = errorReply(protocol, error, requestId);
      return { ...refusal, headers: { ...JSON_HEADERS, ...answer.headers } };
    }
    case 'json': {
      const frames = [{ text: JSON.stringify(answer.body), reports }];
      return {
        ...reply,
        status: answer.status ?? 200,
        headers: { ...JSON_HEADERS, ...answer.headers },
        frames,
        streamed: false,
      };
    }
    case 'text': {
      const headers = {
        'content-type': answer.contentType ?? 'text/plain; charset=utf-8',
        ...answer.headers,
      };
      return {
        ...reply,
        status: answer.status ?? 200,
        headers,
        frames: [{ text: answer.body }],
        streamed: false,
      };
    }
    case 'sse': {
      const last = answer.frames.length - 1;
      const frames = answer.frames.map((text, at) => ({ text, reports: at === last ? reports : undefined }));
      return {
        ...reply,
        status: answer.status ?? 200,
        headers: { ...SSE_HEADERS, ...answer.headers },
        frames,
        streamed: true,
      };
    }
    case 'repeat': {
      const headers = { ...SSE_HEADERS, ...answer.headers };
      const pacing = { chunkDelayMs: answer.gapMs };
      return {
        ...reply,
        status: 200,
        headers,
        frames: repeatedFrames(answer, reports),
        streamed: true,
        pacing,
      };
    }
  }
}

/** Made one by one, so that a stream of gigabytes takes no memory. */
function* repeatedFrames(
  answer: Extract<RuleAnswer, { kind: 'repeat' }>,
  reports: SimulatedUsage | undefined,
): Generator<Frame> {
  for (const text of answer.before ?? []) yield { text };
  const repeated = { text: answer.frame };
  for (let sent = 0; sent < answer.count; sent++) yield repeated;
  const after = answer.after ?? [];
  for (const [at, text] of after.entries())
    yield { text, reports: at === after.length - 1 ? reports : undefined };
}
