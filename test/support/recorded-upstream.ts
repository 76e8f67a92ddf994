import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordedAnswer } from './recorded-answers.js';
import { randomNumbers } from './random.js';

/** Most pieces that one answer is cut into. */
const MOST_PIECES = 40;

/** An HTTP upstream whose models are recordings: "recording-7" answers with the seventh. */
export interface RecordedUpstream {
  /** Without a path. */
  origin: string;
  close(): Promise<void>;
}

/** Name, at the upstream, of the model that gives the recorded answer of this index. */
export const recordedModel = (index: number): string => `recording-${index}`;

/**
 * Starts one. Each body goes out cut at random bytes, so also inside a character or an escape; the same seed cuts the
 * same answer alike whatever was asked before.
 */
export async function startRecordedUpstream(
  answers: readonly RecordedAnswer[],
  seed: number,
): Promise<RecordedUpstream> {
  const server = createServer((request, response) => {
    void answer(request, response, answers, seed).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answers: readonly RecordedAnswer[],
  seed: number,
): Promise<void> {
  const asked: Buffer[] = [];
  for await (const piece of request) asked.push(piece as Buffer);
  const index = indexAsked(request.url ?? '', Buffer.concat(asked).toString('utf8'));
  const recorded = answers[index];
  if (!recorded) throw new Error(`no recording is called for by ${request.url}`);
  response.socket?.setNoDelay(true);
  response.writeHead(recorded.status, { 'content-type': recorded.contentType });
  const body = Buffer.from(recorded.body);
  for (const piece of cut(body, randomNumbers(seed + index))) {
    response.write(piece);
    await nextTurn();
  }
  response.end();
}

/** The model stands in the path (Gemini) or in the body. */
function indexAsked(url: string, body: string): number {
  const found = /recording-(\d+)/.exec(url) ?? /"model":\s*"recording-(\d+)"/.exec(body);
  return Number(found?.[1] ?? Number.NaN);
}

function cut(body: Buffer, random: (below: number) => number): Buffer[] {
  const places = Array.from({ length: random(MOST_PIECES) }, () => random(body.length + 1));
  const bounds = [0, ...places.toSorted((a, b) => a - b), body.length];
  return bounds.slice(1).flatMap((end, place) => {
    const start = bounds[place] ?? 0;
    return end > start ? [body.subarray(start, end)] : [];
  });
}
