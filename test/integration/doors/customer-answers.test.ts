import { createSecret } from '../../support/gateway.js';
import { AnswerShapes } from '../../support/doors/answer-shapes.js';
import type { AnyDocument } from '../../support/doors/document-faults.js';
import { DoorWorld } from '../../support/doors/door-world.js';

let world: DoorWorld;
let shapes: AnswerShapes;
let secret: string;
let model: string;
beforeAll(async () => {
  world = await DoorWorld.start();
  shapes = new AnswerShapes(world.document as unknown as AnyDocument);
  secret = await createSecret(world.gateway.pool, world.stranger.tenant.keyId);
  ({ model } = await world.deployment());
  for (const [token_class, unit_price] of [
    ['input', '3.00'],
    ['output', '15.00'],
  ])
    await world.make('POST', '/admin/v1/prices', {
      model,
      kind: 'list',
      token_class,
      unit_price,
      currency: 'USD',
    });
}, 60_000);
afterAll(() => world.close());

/** What is not as documented of a call at `url`, an address of the path. */
async function faultsOf(
  [method = '', path = '']: string[],
  { url = path, body, headers = {} }: { url?: string; body?: object; headers?: Record<string, string> } = {},
): Promise<unknown[]> {
  const response = await fetch(world.gateway.url + url, {
    method: method.toUpperCase(),
    headers: { 'x-api-key': secret, 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const faults = shapes.faults({ method, path }, response.status, JSON.parse(text));
  return faults.length === 0 ? [] : [response.status, text.slice(0, 500), ...faults.slice(0, 8)];
}

const messages = [{ role: 'user', content: 'Hello' }];
const limits = { max_tokens: 5 };

it('completions answer as documented', async () => {
  expect(await faultsOf(['post', '/v1/chat/completions'], { body: { model, messages, ...limits } })).toEqual(
    [],
  );
  expect(await faultsOf(['post', '/v1/messages'], { body: { model, messages, ...limits } })).toEqual([]);
  const counted = { body: { model, messages, ...limits } };
  expect(await faultsOf(['post', '/v1/messages/count_tokens'], counted)).toEqual([]);
  const asked = { body: { model, input: 'Hello', max_output_tokens: 5 } };
  expect(await faultsOf(['post', '/v1/responses'], asked)).toEqual([]);
  const contents = {
    contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
    generationConfig: { maxOutputTokens: 5 },
  };
  for (const verb of ['generateContent', 'streamGenerateContent']) {
    const below = (models: string) => ({ url: `${models}/${model}:${verb}`, body: contents });
    expect(await faultsOf(['post', `/v1beta/{model}:${verb}`], below('/v1beta/models'))).toEqual([]);
    expect(await faultsOf(['post', `/v1/models/{model}:${verb}`], below('/v1/models'))).toEqual([]);
  }
});

it('models answer as documented, in both shapes', async () => {
  for (const headers of [{}, { 'anthropic-version': '2023-06-01' }]) {
    expect(await faultsOf(['get', '/v1/models'], { headers })).toEqual([]);
    expect(await faultsOf(['get', '/v1/models/{id}'], { url: `/v1/models/${model}`, headers })).toEqual([]);
  }
});

it('what a key asks about itself is answered as documented', async () => {
  for (const path of [
    '/v1/key',
    '/v1/credits',
    '/api/usage/token',
    '/v1/dashboard/billing/subscription',
    '/dashboard/billing/usage',
    '/livez',
    '/readyz',
  ])
    expect(await faultsOf(['get', path])).toEqual([]);
  const url = `/v1/generation?id=${world.stranger.request}`;
  expect(await faultsOf(['get', '/v1/generation'], { url })).toEqual([]);
});
