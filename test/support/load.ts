import type { JournalEntry } from '../../src/embedded/simulator/journal.js';
import { chatBody } from './calls.js';
import { CHAT_MODEL, MESSAGES_MODEL, type TestGateway } from './gateway.js';
import { openCall } from './raw-call.js';

const CHAT = '/v1/chat/completions';
const MESSAGES = '/v1/messages';

/** What the caller of one call saw. */
export interface SeenCall {
  /** Stands in the request's text, so that the upstream's journal can be asked. */
  marker: string;
  /** UUID; absent when no head came. */
  requestId?: string | undefined;
  status?: number | undefined;
  /** The answer came whole, its terminator included. */
  complete: boolean;
  retryAfter?: string | undefined;
  onMessages: boolean;
  elapsedMs: number;
}

let made = 0;

/** One call of either protocol to any of the models, streamed or not, and what its caller saw of the answer. */
export async function makeCall(
  target: Pick<TestGateway, 'url' | 'secret'>,
  random: (below: number) => number,
  models: readonly string[] = [CHAT_MODEL, MESSAGES_MODEL],
): Promise<SeenCall> {
  const marker = `marker-${++made}-`;
  const onMessages = random(2) === 1;
  const stream = random(2) === 1;
  const body = chatBody(models[random(models.length)] ?? '', {
    stream,
    messages: [{ role: 'user', content: `${marker} say ${1 + random(30)} words` }],
  });
  const startedAt = performance.now();
  const call = openCall(target, onMessages ? MESSAGES : CHAT, body);
  const ended = await call.over;
  const [status, headers] = await Promise.all([
    call.status.catch(() => undefined),
    call.headers.catch(() => undefined),
  ]);
  const id = /^req_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(
    String(headers?.['x-request-id'] ?? ''),
  );
  return {
    marker,
    requestId: id?.slice(1).join('-'),
    status,
    complete: ended && status === 200 && isWhole(call.text(), { stream, onMessages }),
    retryAfter: headers?.['retry-after'],
    onMessages,
    elapsedMs: performance.now() - startedAt,
  };
}

function isWhole(text: string, { stream, onMessages }: { stream: boolean; onMessages: boolean }): boolean {
  if (stream) return onMessages ? /event: message_stop\n/.test(text) : text.endsWith('data: [DONE]\n\n');
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

export interface Load {
  /** Calls so far, in the order they ended. */
  seen: SeenCall[];
  /** Starts no more calls and waits for those under way. */
  stop(): Promise<SeenCall[]>;
}

/** Keeps so many calls under way until it is stopped. A lane rests a little after a call that failed. */
export function startLoad(
  target: Pick<TestGateway, 'url' | 'secret'>,
  lanes: number,
  random: (below: number) => number,
): Load {
  const seen: SeenCall[] = [];
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (!stopped) {
      const call = await makeCall(target, random);
      seen.push(call);
      if (!call.complete) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const running = Promise.all(Array.from({ length: lanes }, lane));
  return {
    seen,
    stop: async () => {
      stopped = true;
      await running;
      return seen;
    },
  };
}

/** What the upstream's journal says that a call costs at the test prices, in nano. */
export function priceInJournal(journal: readonly JournalEntry[], marker: string): bigint {
  const entries = journal.filter(({ body }) => JSON.stringify(body).includes(marker));
  const usage = entries[0]?.answer.usage;
  if (entries.length !== 1 || !usage) throw new Error(`${entries.length} journal entries for ${marker}`);
  const { input, cacheRead, cacheWrite5m, cacheWrite1h, output } = usage;
  if (cacheRead + cacheWrite5m + cacheWrite1h > 0) throw new Error(`${marker} was cached`);
  return BigInt(input) * 3_000n + BigInt(output) * 15_000n;
}
