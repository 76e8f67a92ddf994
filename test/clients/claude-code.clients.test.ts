import { ChargeWatch } from '../support/charges.js';
import { callsOfTurn, COMMAND, PRINTED, scriptToolTurn, TASK } from '../support/client-turn.js';
import { createHome, installClient, runClient, type ClientHome } from '../support/command-line-client.js';
import { startGateway, UPSTREAM_MODELS, type TestGateway } from '../support/gateway.js';

const CLAUDE_CODE = {
  package: '@anthropic-ai/claude-code',
  version: '2.1.330',
  command: 'claude',
  setup: 'install.cjs',
};

describe(`${CLAUDE_CODE.package} ${CLAUDE_CODE.version}`, () => {
  let claude: string;
  let gateway: TestGateway;
  let watch: ChargeWatch;
  let home: ClientHome;
  beforeAll(async () => {
    claude = await installClient(CLAUDE_CODE);
    gateway = await startGateway();
    watch = new ChargeWatch(gateway);
  }, 600_000);
  afterAll(() => gateway.close());
  beforeEach(async () => {
    await watch.begin();
    home = await createHome();
  });
  afterEach(() => home.remove());

  it.each(UPSTREAM_MODELS)(
    'completes a turn with a tool call over %s, and every call is charged as served',
    async (_protocol, model) => {
      scriptToolTurn(gateway, 'Bash', { command: COMMAND, description: 'Prints the checksum' });
      const args = ['-p', TASK, '--model', model, '--allowedTools', 'Bash', '--output-format', 'json'];
      const { code, stdout, stderr } = await runClient(claude, args, home, {
        ANTHROPIC_BASE_URL: gateway.url,
        ANTHROPIC_API_KEY: gateway.secret,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
      });
      expect({ code, stderr, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(PRINTED) });
      expect(JSON.parse(stdout)).toMatchObject({
        type: 'result',
        is_error: false,
        num_turns: 2,
        result: `The tool printed ${PRINTED}.`,
      });
      const { asked, answered } = callsOfTurn(gateway);
      expect([asked.length, answered.length]).toEqual([1, 1]);
      await watch.expectExact();
    },
    150_000,
  );
});
