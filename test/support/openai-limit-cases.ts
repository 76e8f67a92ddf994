import type OpenAI from 'openai';
import type { ChargeWatch } from './charges.js';
import type { TestGateway } from './gateway.js';

/** What the cases work with; its members are set before the first case. */
export interface Stage {
  gateway: TestGateway;
  client: OpenAI;
  watch: ChargeWatch;
}

type Params = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'>;

/** A Chat request of one user message. */
export const ask = (model: string, content: OpenAI.ChatCompletionUserMessageParam['content']): Params => ({
  model,
  max_completion_tokens: 2_000,
  messages: [{ role: 'user', content }],
});

/** How an answer ends at a limit of the caller's, and by a refusal. */
export function limitCases(stage: Stage, model: string): void {
  it('ends at the token limit and at a stop sequence', async () => {
    const { completions } = stage.client.chat;
    const cut = await completions.create({ ...ask(model, 'count 400 words'), max_completion_tokens: 20 });
    expect(cut.choices[0]?.finish_reason).toBe('length');
    expect(cut.usage?.completion_tokens).toBe(20);
    const older = await completions.create({
      model,
      max_tokens: 20,
      messages: [{ role: 'user', content: 'count 400 words' }],
    });
    expect(older.usage?.completion_tokens).toBe(20);
    const { data: stopped, response } = await completions
      .create({ ...ask(model, 'alpha beta'), stop: ['beta'] })
      .withResponse();
    expect(response.headers.get('x-faregate-warnings')).toBeNull();
    expect(stopped.choices[0]).toMatchObject({ finish_reason: 'stop' });
    expect(stopped.choices[0]?.message.content).toBe('You said: "alpha ');
  });

  it('reads a refusal', async () => {
    const refused = await stage.client.chat.completions.create(ask(model, 'refuse please'));
    expect(refused.choices[0]?.message).toMatchObject({
      content: null,
      refusal: expect.stringContaining('not able'),
    });
  });
}
