import type { JournalEntry } from '../../../src/embedded/simulator/journal.js';
import { APPLICATIONS, type Application } from '../../support/applications.js';
import { ChargeWatch } from '../../support/charges.js';
import { MESSAGES_MODEL, startGateway, UPSTREAM_MODELS, type TestGateway } from '../../support/gateway.js';
import { ONE_PIXEL_PNG } from '../../support/samples.js';

/** Each library that applications are written with, unmodified, on each route it can take, over each upstream. */
describe('applications over the gateway', () => {
  let gateway: TestGateway;
  let watch: ChargeWatch;
  beforeAll(async () => {
    gateway = await startGateway();
    watch = new ChargeWatch(gateway);
  });
  afterAll(() => gateway.close());
  beforeEach(() => watch.begin());
  /** Every test is charged what the upstream says it gave, to the nano-unit. */
  afterEach(() => watch.expectExact());

  const used = (call: number) => (gateway.simulator.journal[call] as JournalEntry).answer.usage;

  describe.each(APPLICATIONS)('%s', (name, connect) => {
    describe.each(UPSTREAM_MODELS)('over %s', (_protocol, model) => {
      let application: Application;
      beforeAll(() => {
        application = connect(gateway, model);
      });

      it('asks, and reads the answer and what it took', async () => {
        const { text, ...tokens } = await application.ask('hello there');
        expect(text).toContain('You said: "hello there".');
        expect(tokens).toEqual({ input: used(0)?.input, output: used(0)?.output });
      });

      it('streams the answer', async () => {
        const { text, output } = await application.stream('tell me');
        expect(text).toContain('You said: "tell me".');
        // LangChain adds the token that Anthropic's message_start announces to the total that ends the stream.
        const announced = name === '@langchain/anthropic' && model === MESSAGES_MODEL ? 1 : 0;
        expect(output).toBe((used(0)?.output ?? 0) + announced);
      });

      it('shows a picture', async () => {
        const picture = { question: 'look', mediaType: 'image/png', base64: ONE_PIXEL_PNG };
        expect((await application.look(picture)).text).toContain('I received 1 image (image/png, 70 bytes).');
      });

      it('gets an object of its schema', async () => {
        expect(await application.fillIn('Name a city')).toEqual({ city: 'Paris' });
      });

      it.each([false, true])('runs two calls of its tool and goes on (streamed: %s)', async (streamed) => {
        const question = 'Call the weather tool for both Paris and Rome';
        const { text, cities } = await application.useTool(question, streamed);
        expect(cities).toEqual(['Paris', 'Rome']);
        expect(text).toContain(
          'The tool get_weather answered: "18 C in Paris". The tool get_weather answered: "19 C in Rome".',
        );
        expect(gateway.simulator.journal).toHaveLength(2);
      });
    });
  });
});
