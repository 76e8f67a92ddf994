import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, generateText } from 'ai';
import { AiApplication } from '../../support/ai-application.js';
import { ChargeWatch } from '../../support/charges.js';
import { startGateway, UPSTREAM_MODELS, type TestGateway } from '../../support/gateway.js';

/**
 * `@ai-sdk/openai` leaves its own answers with OpenAI unless it is told not to, and then names them by id in the next turn. The
 * gateway keeps no answers (statements 35 and 36): it says so, and how to go on, before anything is asked or charged.
 */
describe('ai with @ai-sdk/openai, Responses, and answers that nobody keeps', () => {
  let gateway: TestGateway;
  let watch: ChargeWatch;
  beforeAll(async () => {
    gateway = await startGateway();
    watch = new ChargeWatch(gateway);
  });
  afterAll(() => gateway.close());
  beforeEach(() => watch.begin());

  const provider = () => createOpenAI({ apiKey: gateway.secret, baseURL: `${gateway.url}/v1` });

  const goOn = async (
    model: string,
    providerOptions: Parameters<typeof generateText>[0]['providerOptions'] = {},
  ) => {
    const call = { model: provider().responses(model), providerOptions, maxRetries: 0 };
    const first = await generateText({ ...call, prompt: 'Hello.' });
    const question = { role: 'user' as const, content: 'And then?' };
    const messages = [{ role: 'user' as const, content: 'Hello.' }, ...first.response.messages, question];
    const second = await generateText({ ...call, messages }).catch((error: unknown) => error);
    return { first, second };
  };

  describe.each(UPSTREAM_MODELS)('over %s', (_name, model) => {
    it('a tool loop needs no setting', async () => {
      const { cities } = await new AiApplication(provider().responses(model)).useTool(
        'Weather in Paris?',
        true,
      );
      expect(cities).toEqual(['Paris']);
      await watch.expectExact();
    });

    it('a conversation with default settings is told to set "store"', async () => {
      const { second } = await goOn(model);
      if (!APICallError.isInstance(second)) throw new Error('the second turn was answered');
      expect([second.statusCode, second.isRetryable]).toEqual([400, false]);
      expect(second.message).toMatch(/input\.\d+: .*set "store" to false.*providerOptions\.openai\.store/);
      expect(JSON.parse(second.responseBody ?? '')).toMatchObject({
        error: { code: 'item_reference_not_supported', param: expect.stringMatching(/^input\.\d+$/) },
      });
      // The first turn was answered and is paid for; the second reached nobody.
      expect(gateway.simulator.journal).toHaveLength(1);
      await watch.expectExact();
    });

    it('with "store" false, a conversation goes on', async () => {
      const { first, second } = await goOn(model, { openai: { store: false } });
      expect(second).toHaveProperty('text', expect.stringMatching(/./));
      expect(JSON.stringify(gateway.simulator.journal.at(-1)?.body)).toContain(
        JSON.stringify(first.text).slice(1, -1),
      );
      await watch.expectExact();
    });
  });
});
