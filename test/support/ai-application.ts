import { generateText, isStepCount, jsonSchema, Output, streamText, tool, type LanguageModel } from 'ai';
import type { Application, Picture, Reading } from './applications.js';
import { WEATHER_SCHEMA } from './samples.js';

type Call = Parameters<typeof generateText>[0];

/** An application on the library `ai`, with whichever of its providers made the model. */
export class AiApplication implements Application {
  private readonly base: Pick<Call, 'model' | 'maxOutputTokens' | 'maxRetries' | 'providerOptions'>;

  constructor(model: LanguageModel, providerOptions: Call['providerOptions'] = {}) {
    this.base = { model, maxOutputTokens: 300, maxRetries: 0, providerOptions };
  }

  async ask(prompt: string): Promise<Reading> {
    return reading(await generateText({ ...this.base, prompt }));
  }

  async stream(prompt: string): Promise<Reading> {
    return streamedReading(streamText({ ...this.base, prompt, onError: ignore }));
  }

  async look({ question, mediaType, base64 }: Picture): Promise<Reading> {
    const file = { type: 'file' as const, data: base64, mediaType };
    const content = [{ type: 'text' as const, text: question }, file];
    return reading(await generateText({ ...this.base, messages: [{ role: 'user', content }] }));
  }

  async fillIn(prompt: string): Promise<unknown> {
    const schema = jsonSchema<{ city: string }>({ ...WEATHER_SCHEMA });
    const { output } = await generateText({ ...this.base, prompt, output: Output.object({ schema }) });
    return output;
  }

  async useTool(prompt: string, streamed: boolean): Promise<Reading & { cities: string[] }> {
    const cities: string[] = [];
    const tools = {
      get_weather: tool({
        description: 'Weather of a city',
        inputSchema: jsonSchema<{ city: string }>({ ...WEATHER_SCHEMA }),
        execute: ({ city }) => {
          cities.push(city);
          return `${17 + cities.length} C in ${city}`;
        },
      }),
    };
    const call = { ...this.base, prompt, tools, stopWhen: isStepCount(3) };
    const read = streamed
      ? await streamedReading(streamText({ ...call, onError: ignore }))
      : reading(await generateText(call));
    return { ...read, cities };
  }
}

/** The failure rejects the promises of the result; the library would print it too. */
const ignore = (): void => undefined;

interface Answer {
  text: string;
  usage: { inputTokens: number | undefined; outputTokens: number | undefined };
}

const reading = ({ text, usage }: Answer): Reading => ({
  text,
  input: usage.inputTokens,
  output: usage.outputTokens,
});

async function streamedReading(result: {
  readonly text: PromiseLike<string>;
  readonly usage: PromiseLike<Answer['usage']>;
}): Promise<Reading> {
  return reading({ text: await result.text, usage: await result.usage });
}
