import { PIECES, type UpstreamProtocol } from '../support/answer-pieces.js';
import { allWays, call, expectServed, request, type Way } from '../support/bad-answers.js';
import { until, untilSettled } from '../support/calls.js';
import {
  CHAT_MODEL,
  createWorld,
  serveWorld,
  GEMINI_MODEL,
  MESSAGES_MODEL,
  RESPONSES_MODEL,
  serveModel,
  type TestGateway,
} from '../support/gateway.js';
import { brokenRules, giveCredit, readCalls, type ChargedCall } from '../support/money.js';
import { openCall } from '../support/raw-call.js';
import { RawUpstream, RESET, type RawPiece } from '../support/raw-upstream.js';

const PROTOCOLS: Record<string, UpstreamProtocol> = {
  [CHAT_MODEL]: 'openai-chat',
  [MESSAGES_MODEL]: 'anthropic-messages',
  [RESPONSES_MODEL]: 'openai-responses',
  [GEMINI_MODEL]: 'google-gemini',
};
const protocolOf = ({ model }: Way): UpstreamProtocol => PROTOCOLS[model] ?? 'openai-chat';
const rawModel = (way: Way): string => `raw/${protocolOf(way)}`;

const upstream = new RawUpstream();
let gateway: TestGateway;
beforeAll(async () => {
  const baseUrl = await upstream.listen();
  const world = await createWorld({ balanceNano: 0n });
  await giveCredit(world, 1_000_000_000_000n);
  for (const protocol of Object.values(PROTOCOLS))
    await serveModel(world.pool, { id: `raw/${protocol}`, protocol, upstreamModel: 'm', baseUrl });
  gateway = await serveWorld(world);
});
afterAll(async () => {
  expect(await brokenRules(gateway)).toEqual([]);
  upstream.close();
  await gateway.close();
});

const STREAM = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const chunked = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const LAST = '0\r\n\r\n';
/** A whole answer of 5 tokens in and 2 out, but for the end of its response. */
function ended(way: Way): string {
  const { start, text, finish, end } = PIECES[protocolOf(way)];
  return STREAM + chunked(start + text('Hi') + finish + end);
}
const PAID: Partial<ChargedCall> = {
  status: 'completed',
  usage_source: 'provider',
  estimated: false,
  input_tokens: 5,
  output_tokens: 2,
  amount_nano: 5n * 3_000n + 2n * 15_000n,
};
const streamed = allWays((way) => way.streamed);

async function lastCall(): Promise<ChargedCall | undefined> {
  await untilSettled(gateway);
  return (await readCalls(gateway.pool)).at(-1);
}

describe('an answer whose end has come', () => {
  const endings: [string, RawPiece[]][] = [
    ['is reset', [30, RESET]],
    ['ends without its last chunk', [30]],
    ['goes on with something that is no HTTP', [30, 'ZZ\r\n']],
  ];
  it.each(endings)('is served whole and paid as reported though its connection %s', async (_, rest) => {
    for (const way of streamed) {
      upstream.pieces = [ended(way), ...rest];
      expectServed(await call(gateway, way, rawModel(way)), way);
      expect({ way, ...(await lastCall()) }).toMatchObject({ way, ...PAID });
    }
  });

  it('waits about a second, and no longer, for a connection that stays open in silence', async () => {
    for (const way of streamed) {
      upstream.pieces = [ended(way), 10_000];
      const began = performance.now();
      expectServed(await call(gateway, way, rawModel(way)), way);
      expect(performance.now() - began).toBeLessThan(3_000);
      expect({ way, ...(await lastCall()) }).toMatchObject({ way, ...PAID });
    }
  });

  it('is settled before its caller can see that it is over', async () => {
    const seen = /\[DONE\]|message_stop|response\.completed|"finishReason"/;
    for (const way of streamed) {
      upstream.pieces = [ended(way), 150, LAST];
      const known = (await readCalls(gateway.pool)).length;
      const { path, body } = request(way, rawModel(way));
      const open = openCall(gateway, path, body);
      await open.received(seen);
      open.hangUp();
      await until(
        () => readCalls(gateway.pool),
        (calls) => calls.length > known,
      );
      expect({ way, ...(await lastCall()) }).toMatchObject({ way, ...PAID });
    }
  });
});
