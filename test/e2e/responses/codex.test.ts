import { asArray, asObject, type JsonObject } from '../../../src/core/json.js';
import { post } from '../../support/calls.js';
import { ChargeWatch } from '../../support/charges.js';
import { RESPONSES_MODEL, startGateway, UPSTREAM_MODELS, type TestGateway } from '../../support/gateway.js';
import { responsesEvents, responsesStreamFaults } from '../../support/responses-order.js';

const NAMESPACE = 'multi_agent_v1';

const fn = (name: string, properties: JsonObject = {}): JsonObject => ({
  type: 'function',
  name,
  description: `The ${name} function`,
  strict: false,
  parameters: { type: 'object', properties, additionalProperties: false },
});

/** The tools of Codex 0.169: eight functions, a namespace of five, and a hosted search. */
const TOOLS: JsonObject[] = [
  fn('exec_command', { cmd: { type: 'string', description: 'Shell command' } }),
  fn('write_stdin', { session_id: { type: 'number' }, chars: { type: 'string' } }),
  fn('update_plan', { explanation: { type: 'string' } }),
  fn('view_image', { path: { type: 'string' } }),
  fn('request_user_input', { question: { type: 'string' } }),
  fn('list_mcp_resources'),
  fn('list_mcp_resource_templates'),
  fn('read_mcp_resource', { uri: { type: 'string' } }),
  {
    type: 'namespace',
    name: NAMESPACE,
    description: 'Tools for spawning and managing sub-agents.',
    tools: ['spawn_agent', 'send_input', 'resume_agent', 'wait_agent', 'close_agent'].map((name) =>
      fn(name, { message: { type: 'string' } }),
    ),
  },
  { type: 'web_search', external_web_access: true },
];

const said = (role: string, text: string, id: string): JsonObject => ({
  type: 'message',
  id,
  role,
  content: [{ type: 'input_text', text }],
});

/** What the client sends before its own task: two developer messages and the environment. */
const LEAD = [
  said('developer', '<permissions instructions>Sandboxed.</permissions instructions>', 'msg_d1'),
  said('developer', 'Be precise.', 'msg_d2'),
  said('user', '<environment_context><cwd>/repo</cwd></environment_context>', 'msg_u1'),
];

const turn = (model: string, input: JsonObject[]): JsonObject => ({
  model,
  input,
  tools: TOOLS,
  tool_choice: 'auto',
  parallel_tool_calls: true,
  reasoning: { effort: 'medium', summary: 'auto' },
  store: false,
  stream: true,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: '019a-thread',
  client_metadata: { 'x-codex-installation-id': 'abc' },
});

/** As the client reads a stream: finished items, and the last event. */
function readAnswer(wire: string): { items: JsonObject[]; last: JsonObject } {
  expect(responsesStreamFaults(wire)).toEqual([]);
  const events = responsesEvents(wire);
  const done = events.filter(({ type }) => type === 'response.output_item.done');
  const last = asObject(events.at(-1)?.['response']) ?? {};
  return { items: done.map(({ item }) => asObject(item) ?? {}), last };
}

/** An item as the client sends it back: status and all. */
const replayed = (items: JsonObject[]): JsonObject[] => items.map((item) => ({ ...item }));

describe.each(UPSTREAM_MODELS)('a Codex session over %s', (_name, model) => {
  let gateway: TestGateway;
  let watch: ChargeWatch;
  beforeAll(async () => {
    gateway = await startGateway();
    watch = new ChargeWatch(gateway);
  });
  afterAll(() => gateway.close());
  beforeEach(() => watch.begin());
  afterEach(() => watch.expectExact());

  const send = async (input: JsonObject[]) => {
    const response = await post(gateway, '/v1/responses', turn(model, input), {
      accept: 'text/event-stream',
      originator: 'codex_exec',
      'session-id': '019a',
      'thread-id': '019a-thread',
    });
    expect(response.status).toBe(200);
    return { response, ...readAnswer(await response.text()) };
  };

  it('rows 11, 40 and 74: calls a function, takes its output and answers', async () => {
    const input = [...LEAD, said('user', 'Call exec_command to list the files', 'msg_u2')];
    const first = await send(input);
    const calls = first.items.filter(({ type }) => type === 'function_call');
    expect(calls).toMatchObject([{ name: 'exec_command', status: 'completed' }]);
    expect(calls[0]?.['namespace']).toBeUndefined();
    expect(first.last).toMatchObject({ model, status: 'completed', tools: TOOLS, store: false });
    const output = {
      type: 'function_call_output',
      id: 'fco_1',
      call_id: calls[0]?.['call_id'] ?? null,
      output: 'README.md',
    };
    const second = await send([...input, ...replayed(first.items), output]);
    const text = second.items.filter(({ type }) => type === 'message');
    expect(JSON.stringify(text)).toContain('exec_command answered: \\"README.md\\"');
    expect(gateway.simulator.journal).toHaveLength(2);
  });

  it('row 50: calls a function of a namespace by its own name, and gets its result back', async () => {
    const input = [...LEAD, said('user', `Call spawn_agent of ${NAMESPACE} please`, 'msg_u2')];
    const first = await send(input);
    const [call] = first.items.filter(({ type }) => type === 'function_call');
    expect(call).toMatchObject({ name: 'spawn_agent', namespace: NAMESPACE });
    const output = {
      type: 'function_call_output',
      call_id: call?.['call_id'] ?? null,
      output: [{ type: 'input_text', text: 'agent-7' }],
    };
    const second = await send([...input, ...replayed(first.items), output]);
    expect(JSON.stringify(second.items)).toContain('agent-7');
  });

  it('row 50: names the hosted search where the upstream does not have it, and never sends it as a function', async () => {
    const { response } = await send([...LEAD, said('user', 'hello', 'msg_u2')]);
    const sent = asObject(gateway.simulator.journal[0]?.body) ?? {};
    // Gemini has all of them in one tool.
    const tools = asArray(sent['tools']).flatMap(
      (tool) => asObject(tool)?.['functionDeclarations'] ?? [tool],
    );
    const warnings = response.headers.get('x-faregate-warnings') ?? '';
    if (model === RESPONSES_MODEL) {
      expect(sent['tools']).toEqual(TOOLS);
      expect(warnings).toBe('');
      return;
    }
    expect(tools).toHaveLength(13);
    expect(JSON.stringify(sent['tools'])).not.toContain('web_search');
    expect(warnings).toContain('web_search');
  });
});
