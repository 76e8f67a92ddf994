import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ChargeWatch } from '../support/charges.js';
import { callsOfTurn, COMMAND, PRINTED, scriptToolTurn, TASK } from '../support/client-turn.js';
import { createHome, installClient, runClient, type ClientHome } from '../support/command-line-client.js';
import { startGateway, UPSTREAM_MODELS, type TestGateway } from '../support/gateway.js';

const CODEX = { package: '@openai/codex', version: '0.169.0', command: 'codex' };

const settings = (url: string, model: string): string => `
model = "${model}"
model_provider = "faregate"
check_for_update_on_startup = false

[model_providers.faregate]
name = "Faregate"
base_url = "${url}/v1"
env_key = "FAREGATE_KEY"
wire_api = "responses"
`;

describe(`${CODEX.package} ${CODEX.version}`, () => {
  let codex: string;
  let gateway: TestGateway;
  let watch: ChargeWatch;
  let home: ClientHome;
  beforeAll(async () => {
    codex = await installClient(CODEX);
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
      scriptToolTurn(gateway, 'exec_command', { cmd: COMMAND });
      await writeFile(path.join(home.home, 'config.toml'), settings(gateway.url, model));
      const last = path.join(home.home, 'last-message.txt');
      // The kernel's own sandbox is not there in every container, and the command is ours.
      const args = ['exec', '--skip-git-repo-check', '--sandbox', 'danger-full-access', '-o', last, '--json'];
      const { code, stdout, stderr } = await runClient(codex, [...args, TASK], home, {
        CODEX_HOME: home.home,
        FAREGATE_KEY: gateway.secret,
      });
      const events = stdout.split('\n').filter((line) => line.startsWith('{'));
      expect({ code, stderr, stdout }).toMatchObject({ code: 0 });
      expect(events.map((line) => JSON.parse(line) as object)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            type: 'item.completed',
            item: expect.objectContaining({ type: 'command_execution', exit_code: 0, status: 'completed' }),
          }),
          expect.objectContaining({
            type: 'item.completed',
            item: expect.objectContaining({
              type: 'agent_message',
              text: `The tool printed ${PRINTED}.`,
            }),
          }),
        ]),
      );
      const { asked, answered } = callsOfTurn(gateway);
      expect([asked.length, answered.length]).toEqual([1, 1]);
      await watch.expectExact();
    },
    150_000,
  );
});
