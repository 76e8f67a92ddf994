import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { deploymentKey, HealthStore } from '../../../src/routing/health.store.js';
import { chatBody, post } from '../../support/calls.js';
import { CHAT_MODEL, serveModel, startGateway, type TestGateway } from '../../support/gateway.js';

const MODEL = 'test/half-deaf';
const AUDIO = chatBody(MODEL, {
  messages: [
    { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] },
  ],
});

let gateway: TestGateway;
/** UUID of the deployment that takes audio; the one behind it takes none. */
let able: string;

beforeAll(async () => {
  gateway = await startGateway();
  const { pool, simulator } = gateway;
  const served = { id: MODEL, upstreamModel: 'm', baseUrl: `${simulator.baseUrl}/v1` };
  able = (await serveModel(pool, { ...served, protocol: 'openai-chat' })).deploymentId;
  const other = await serveModel(pool, { ...served, protocol: 'anthropic-messages' });
  await pool.query('update deployment set priority = priority - 1 where id = $1', [other.deploymentId]);
  await pool.query('update catalog_version set version = version + 1');
  await gateway.api.app.get(CatalogService).refresh();
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.simulator.reset();
  health().clear();
});

const health = () => gateway.api.app.get(HealthStore).all() as Map<string, unknown>;
const failures = (times: number) =>
  gateway.simulator.use({ times, answer: { kind: 'error', status: 500, message: 'Broken.' } });
async function ask(body: object = AUDIO): Promise<number> {
  const response = await post(gateway, '/v1/chat/completions', body);
  await response.text();
  return response.status;
}

describe('a call that only one of two deployments can take', () => {
  it('is told how that one failed, and costs nobody else a retry', async () => {
    failures(4);
    for (let count = 0; count < 4; count++) expect(await ask()).toBe(502);
    expect(gateway.simulator.journal).toHaveLength(4);
    failures(1);
    expect(await ask(chatBody(CHAT_MODEL))).toBe(200);
  });

  it('is told to come back while that one is ejected, and served again after it', async () => {
    failures(5);
    for (let count = 0; count < 5; count++) expect(await ask()).toBe(502);
    expect(health().has(deploymentKey(able))).toBe(true);
    expect(await ask()).toBe(503);
    expect(gateway.simulator.journal).toHaveLength(5);
    expect(await ask(chatBody(MODEL))).toBe(200);
    health().clear();
    expect(await ask()).toBe(200);
  });
});
