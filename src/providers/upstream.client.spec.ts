import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { credentialPlace, type CatalogProvider } from '../catalog/model.js';
import type { LiveList } from '../core/live-list.js';
import type { AppConfig } from '../platform/config/app-config.js';
import { SealedBox } from '../platform/crypto/sealed-box.js';
import { getProtocol } from '../protocols/registry.js';
import { UpstreamClient, type UpstreamHandler, type UpstreamRequest } from './upstream.client.js';

const KEY = 'test-credential-key-9876543210-zyxwvuts';
const box = new SealedBox(KEY, 'provider-credential');

let server: Server;
let baseUrl: string;
let client: UpstreamClient;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.end(request.headers.authorization);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
beforeEach(() => {
  client = new UpstreamClient({
    credentialKey: KEY,
    upstreamConnectTimeoutMs: 1_000,
    upstreamFirstByteTimeoutMs: 1_000,
    upstreamIdleTimeoutMs: 1_000,
    upstreamConnections: 2,
  } as AppConfig);
});
afterEach(() => client.onApplicationShutdown());
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** A request as one snapshot of the catalogue has its provider. */
function snapshot(secret: string, more: Partial<CatalogProvider> = {}): UpstreamRequest {
  const credential = {
    id: 'c1',
    name: 'default',
    weight: 1,
    ciphertext: box.seal(secret, credentialPlace('c1')),
  };
  const provider = {
    id: 'p1',
    slug: 'some',
    adapter: 'openai',
    protocol: 'openai-chat',
    baseUrl,
    allowPrivateNetwork: true,
    headers: {},
    credentials: [credential],
    ...more,
  } as unknown as CatalogProvider;
  const target = { model: 'm', streamed: false };
  return { provider, credential, protocol: getProtocol('openai-chat'), target, headers: {}, body: '{}' };
}

/** What the upstream answers: the credential that it saw; or the error's name. */
function send(request: UpstreamRequest): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const handler: UpstreamHandler = {
      place: -1,
      waitsIn: undefined as LiveList<UpstreamHandler> | undefined,
      waitsUntil: 0,
      noConnection: () => resolve('no connection'),
      onRequestStart: () => handler.waitsIn?.delete(handler),
      onResponseStart: () => undefined,
      onResponseData: (_, chunk) => void chunks.push(chunk),
      onResponseEnd: () => resolve(Buffer.concat(chunks).toString()),
      onResponseError: (_, error) => resolve(error.name),
    };
    client.send(request, handler);
  });
}

describe('a credential that is replaced under load', () => {
  it('still serves the requests of the turn in which its successor is first used', async () => {
    const [old, replaced] = [snapshot('old'), snapshot('new')];
    expect(await send(old)).toBe('Bearer old');
    const answers = await Promise.all([old, old, old, replaced, replaced].map(send));
    expect(answers).toEqual([...Array<string>(3).fill('Bearer old'), 'Bearer new', 'Bearer new']);
    expect(await send(replaced)).toBe('Bearer new');
  });

  it('serves on where its successor may not be used at all', async () => {
    const old = snapshot('old');
    expect(await send(old)).toBe('Bearer old');
    expect(() => client.send(snapshot('old', { allowPrivateNetwork: false }), {} as UpstreamHandler)).toThrow(
      'private address',
    );
    expect(await send(old)).toBe('Bearer old');
  });
});
