import Anthropic from '@anthropic-ai/sdk';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import { Statements } from '../../support/statements.js';
import { ASK, loadPages, SEARCH_MODELS } from '../../support/search-world.js';

/** Answers with searches, read by clients that have never heard of `octen_search`. */
describe('unmodified clients and octen_search', () => {
  let world: Statements;
  beforeAll(async () => {
    world = await Statements.start(
      'standard',
      SEARCH_MODELS.map(([, model]) => model),
    );
    await loadPages(world.gateway.pool);
  });
  afterAll(() => world.close());

  const base = () => ({ apiKey: world.customer.secret, baseURL: `${world.customer.url}/v1`, maxRetries: 0 });
  const found = expect.stringContaining('The search found "Green tea"') as string;

  describe.each(SEARCH_MODELS)('over %s', (_, { id: model }) => {
    it('openai, Chat Completions, streamed', async () => {
      const stream = new OpenAI(base()).chat.completions.stream({
        model,
        max_completion_tokens: 300,
        tools: [{ type: 'octen_search' } as never],
        messages: [{ role: 'user', content: ASK }],
      });
      const completion = await stream.finalChatCompletion();
      expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: found } });
    });

    it('openai, Responses, streamed and not', async () => {
      const client = new OpenAI(base());
      const body = { model, max_output_tokens: 300, tools: [{ type: 'octen_search' } as never], input: ASK };
      expect((await client.responses.create(body)).output_text).toEqual(found);
      const final = await client.responses.stream(body).finalResponse();
      expect([final.status, final.output_text]).toEqual(['completed', found]);
      expect(final.output.map(({ type }) => type).filter((type) => type !== 'reasoning')).toEqual([
        'web_search_call',
        'message',
      ]);
    });

    it('@anthropic-ai/sdk, streamed, and its message sent back', async () => {
      const client = new Anthropic({ ...base(), baseURL: world.customer.url });
      const tools = [{ type: 'octen_search', name: 'octen_search' } as never];
      const first = await client.messages
        .stream({ model, max_tokens: 300, tools, messages: [{ role: 'user', content: ASK }] })
        .finalMessage();
      // Gemini signs its last text, which Messages says as a thinking block without text.
      expect(first.content.map(({ type }) => type).filter((type) => type !== 'thinking')).toEqual([
        'server_tool_use',
        'web_search_tool_result',
        'text',
      ]);
      expect(first.content[2]).toMatchObject({
        text: found,
        citations: [{ url: 'https://tea.example/green' }],
      });
      expect(first.usage.server_tool_use).toMatchObject({ web_search_requests: 1 });
      const again = await client.messages.create({
        model,
        max_tokens: 300,
        tools,
        messages: [
          { role: 'user', content: ASK },
          { role: 'assistant', content: first.content },
          { role: 'user', content: 'Thank you' },
        ],
      });
      expect(again.stop_reason).toBe('end_turn');
    });

    it('ai with its OpenAI provider, streamed and not', async () => {
      const addTool = (tool: object) => (url: Parameters<typeof fetch>[0], init?: RequestInit) => {
        const body = JSON.parse(String(init?.body)) as object;
        return fetch(url, { ...init, body: JSON.stringify({ ...body, tools: [tool] }) });
      };
      const openai = createOpenAI({ ...base(), fetch: addTool({ type: 'octen_search' }) as typeof fetch });
      for (const language of [openai.chat(model), openai.responses(model)]) {
        const question = { model: language, prompt: ASK, maxOutputTokens: 300, maxRetries: 0 };
        expect((await generateText(question)).text).toEqual(found);
        const streamed = streamText(question);
        expect(await streamed.text).toEqual(found);
        expect(await streamed.finishReason).toBe('stop');
      }
    });
  });
});
