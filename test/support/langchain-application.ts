import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import {
  HumanMessage,
  ToolMessage,
  type AIMessageChunk,
  type BaseMessage,
  type UsageMetadata,
} from '@langchain/core/messages';
import type { Application, Picture, Reading } from './applications.js';
import { WEATHER_SCHEMA } from './samples.js';

/** What this needs of a model of LangChain. */
type Model = Pick<BaseChatModel, 'invoke' | 'stream' | 'bindTools' | 'withStructuredOutput'>;

const TOOL = {
  type: 'function',
  function: { name: 'get_weather', description: 'Weather of a city', parameters: WEATHER_SCHEMA },
};
const MOST_STEPS = 3;

/** An application on LangChain, with whichever of its chat models. */
export class LangchainApplication implements Application {
  constructor(private readonly model: Model) {}

  async ask(question: string): Promise<Reading> {
    return reading(await this.model.invoke(question));
  }

  async stream(question: string): Promise<Reading> {
    return reading(await joined(await this.model.stream(question)));
  }

  async look({ question, mediaType, base64 }: Picture): Promise<Reading> {
    const image = { type: 'image_url', image_url: { url: `data:${mediaType};base64,${base64}` } };
    const content = [{ type: 'text', text: question }, image];
    return reading(await this.model.invoke([new HumanMessage({ content })]));
  }

  fillIn(question: string): Promise<unknown> {
    return this.model.withStructuredOutput({ ...WEATHER_SCHEMA }, { name: 'place' }).invoke(question);
  }

  async useTool(question: string, streamed: boolean): Promise<Reading & { cities: string[] }> {
    const model = this.model.bindTools?.([TOOL]);
    if (!model) throw new Error('this model takes no tools');
    const cities: string[] = [];
    const messages: BaseMessage[] = [new HumanMessage(question)];
    for (let step = 0; step < MOST_STEPS; step++) {
      const answer = streamed ? await joined(await model.stream(messages)) : await model.invoke(messages);
      if (!answer.tool_calls?.length) return { ...reading(answer), cities };
      messages.push(answer);
      for (const { id = '', args } of answer.tool_calls) {
        cities.push(String(args['city']));
        const content = `${17 + cities.length} C in ${args['city']}`;
        messages.push(new ToolMessage({ tool_call_id: id, content }));
      }
    }
    throw new Error(`no answer after ${MOST_STEPS} steps`);
  }
}

function reading(message: AIMessageChunk): Reading {
  const usage = message.usage_metadata as UsageMetadata | undefined;
  return { text: message.text, input: usage?.input_tokens, output: usage?.output_tokens };
}

async function joined(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of stream) whole = whole === undefined ? chunk : whole.concat(chunk);
  if (whole === undefined) throw new Error('an empty stream');
  return whole;
}
