import fc from 'fast-check';
import { fullChat } from '../support/bad-chat.js';
import { fullMessages } from '../support/bad-messages.js';
import { fullResponses } from '../support/bad-responses.js';
import { post, untilSettled } from '../support/calls.js';
import { CHAT_MODEL, MESSAGES_MODEL, startGateway, type TestGateway } from '../support/gateway.js';
import { INTERNAL_WORDS } from '../support/refusals.js';

const RUNS = 1_000;
/** FAST_CHECK_SEED repeats a run; a failure prints its own. */
const seed = process.env['FAST_CHECK_SEED'];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

type Path = (string | number)[];

/** Places of all members and elements of a JSON value. */
function placesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const names = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  const inner = names.flatMap((name) => placesOf((value as Record<string, unknown>)[name], [...path, name]));
  return path.length === 0 ? inner : [path, ...inner];
}

const BASES = [CHAT_MODEL, MESSAGES_MODEL].flatMap((model) => [
  { path: '/v1/chat/completions', base: fullChat(model) as object },
  { path: '/v1/responses', base: fullResponses(model) as object },
  { path: '/v1/messages', base: fullMessages(model) as object },
]);

const nasty = fc.constantFrom<unknown>(
  null,
  '',
  '\0',
  '\ud800',
  '__proto__',
  -1,
  0,
  1e308,
  2 ** 53,
  0.1,
  [],
  {},
  [null],
  [[]],
  true,
  'x'.repeat(5_000),
);
const replacement = fc.oneof(nasty, fc.jsonValue({ maxDepth: 3 }));

/** One change to a body: a member replaced, removed, renamed, wrapped, or moved to the top. */
const mutation = fc.record({
  how: fc.constantFrom('replace', 'remove', 'rename', 'wrap', 'lift'),
  where: fc.double({ min: 0, max: 0.999, noNaN: true }),
  value: replacement,
  name: fc.constantFrom('__proto__', 'constructor', 'stream', 'n', 'type', 'tools', 'x', ''),
});

function mutate(
  body: object,
  { how, where, value, name }: { how: string; where: number; value: unknown; name: string },
) {
  const places = placesOf(body);
  const place = places[Math.floor(where * places.length)];
  const last = place?.at(-1);
  if (!place || last === undefined) return;
  let owner = body as Record<string | number, unknown>;
  for (const step of place.slice(0, -1)) owner = owner[step] as typeof owner;
  const old = owner[last];
  if (how === 'replace') owner[last] = value;
  else if (how === 'wrap') owner[last] = [old];
  else if (how === 'lift')
    Object.defineProperty(body, name, { value: old, enumerable: true, configurable: true, writable: true });
  else delete owner[last];
  if (how === 'rename')
    Object.defineProperty(owner, name, { value: old, enumerable: true, configurable: true, writable: true });
}

const spoiled = fc
  .tuple(fc.constantFrom(...BASES), fc.array(mutation, { minLength: 1, maxLength: 2 }))
  .map(([{ path, base }, mutations]) => {
    const body = structuredClone(base);
    for (const each of mutations) mutate(body, each);
    return { path, text: JSON.stringify(body) };
  });

/** The text of a good body with a few characters replaced, inserted or taken out. */
const misprinted = fc
  .tuple(
    fc.constantFrom(...BASES),
    fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(3),
        fc.constantFrom(...'{}[]",:\\0e-n\u0000 '.split('')),
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  )
  .map(([{ path, base }, edits]) => {
    let text = JSON.stringify(base);
    for (const [where, gone, put] of edits) {
      const at = Math.floor(where * text.length);
      text = text.slice(0, at) + put + text.slice(at + gone);
    }
    return { path, text };
  });

describe('any request', () => {
  it('is answered or refused, never a fault of ours, and costs nothing when it is refused', async () => {
    const refused: string[] = [];
    let served = 0;
    const property = fc.asyncProperty(
      fc.oneof({ weight: 5, arbitrary: spoiled }, misprinted),
      async ({ path, text }) => {
        const response = await post(gateway, path, text);
        const answer = await response.text();
        expect({ status: response.status, answer }).toEqual({
          status: response.status < 500 ? response.status : 400,
          answer,
        });
        expect(answer).not.toMatch(INTERNAL_WORDS);
        const id = response.headers.get('x-request-id') ?? '';
        expect(id).toMatch(/^req_/);
        if (response.status >= 400) refused.push(id);
        else served += 1;
      },
    );
    await fc.assert(property, { numRuns: RUNS, ...(seed === undefined ? {} : { seed: Number(seed) }) });
    await untilSettled(gateway);
    expect(refused.length).toBeGreaterThan(RUNS / 10);
    expect(served).toBeGreaterThan(RUNS / 30);
    const { rows } = await gateway.pool.query(
      `select (select count(*)::int from usage_event) as events, (select count(*)::int from hold where state = 'settled') as settled,
         (select 1000000000000 - sum(amount_nano) from usage_event)::text as left_over, w.balance_nano::text as balance, w.held_nano::text as held
       from wallet w`,
    );
    const books = rows[0] as Record<string, unknown>;
    expect(books).toEqual({
      events: served,
      settled: served,
      left_over: books['balance'],
      balance: books['balance'],
      held: '0',
    });
  }, 60_000);
});
