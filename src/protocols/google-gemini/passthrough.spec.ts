import type { JsonObject } from '../../core/json.js';
import { ObjectText, spliceMembers } from '../json-splice.js';
import { passthrough } from './passthrough.js';
import { decodeRequest } from './request-decode.js';

const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
/** The request as it was read, and the body that goes up for it. */
const sent = (body: JsonObject) => {
  const request = decodeRequest({ model: 'm', contents, ...body });
  const text = JSON.stringify({ contents, ...body });
  const target = { upstreamModel: 'gemini-3.1-pro', quirks: {}, issuer: 'google' };
  const changes = passthrough.requestChanges(request, target, new ObjectText(text));
  return { request, body: JSON.parse(spliceMembers(text, changes)) as JsonObject };
};

describe('Gemini to Gemini', () => {
  it('sends of a number that stands in both spellings the one that was read, and that is paid for', () => {
    const generationConfig = {
      max_output_tokens: 8_000,
      maxOutputTokens: 10,
      candidate_count: 8,
      candidateCount: 2,
      top_k: null,
      topK: 3,
    };
    const { request, body } = sent({ generationConfig });
    expect(request).toMatchObject({ maxOutputTokens: 10, choiceCount: 2 });
    expect(body['generationConfig']).toEqual({ maxOutputTokens: 10, candidateCount: 2, topK: 3 });
  });

  it('sends the second spelling where the first one is null, and so was not read', () => {
    const { request, body } = sent({ generationConfig: { maxOutputTokens: null, max_output_tokens: 10 } });
    expect(request.maxOutputTokens).toBe(10);
    expect(body['generationConfig']).toEqual({ max_output_tokens: 10 });
  });

  it.each([
    ['generationConfig', { maxOutputTokens: 10 }, { max_output_tokens: 8_000 }],
    ['generation_config', null, { max_output_tokens: 10 }],
  ])('sends one config of two, the one that was read (%s)', (name, generationConfig, generation_config) => {
    const { request, body } = sent({ generation_config, generationConfig });
    expect(request.maxOutputTokens).toBe(10);
    expect(Object.keys(body)).toEqual(expect.arrayContaining(['contents', name]));
    expect(Object.keys(body)).toHaveLength(2);
  });

  it('leaves a config that says everything once as it came', () => {
    const generation_config = { max_output_tokens: 10, candidateCount: 2 };
    expect(sent({ generation_config }).body).toEqual({ contents, generation_config });
  });

  describe('a streamed answer that the chat kept chunk by chunk', () => {
    const signed = { functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'U0lH' };
    const unsigned = { functionCall: { name: 'f', args: { a: 2 } } };
    const answer = { functionResponse: { name: 'f', response: { result: { x: 1 } } } };
    const model = (...parts: JsonObject[]): JsonObject => ({ role: 'model', parts });
    const user = (...parts: JsonObject[]): JsonObject => ({ role: 'user', parts });

    it('row 41: goes as one step with its calls, every part as it came, where Google would ask each for a signature', () => {
      const history = [model(signed), model(unsigned), model({ text: '' }), user(answer, answer)];
      expect(sent({ contents: [...contents, ...history] }).body['contents']).toEqual([
        ...contents,
        model(signed, unsigned, { text: '' }),
        user(answer, answer),
      ]);
    });

    it('stays as it came without calls, and so does one content with several calls', () => {
      const text = [...contents, model({ text: 'Hel' }), model({ text: 'lo.' }), ...contents];
      const whole = [...contents, model(signed, unsigned), user(answer, answer)];
      for (const history of [text, whole]) {
        const request = decodeRequest({ model: 'm', contents: history });
        const own = new ObjectText(JSON.stringify({ contents: history }));
        const target = { upstreamModel: 'gemini-3.1-pro', quirks: {}, issuer: 'google' };
        expect(passthrough.requestChanges(request, target, own).set).toEqual({});
      }
    });

    it('row 42: is told anew where another model made it, each result under the name of its tool', () => {
      const foreign = { ...unsigned, thoughtSignature: 'ZmFyZWdhdGU6czphbnRocm9waWM6RXJVQg==' };
      const history = [model(foreign), model(unsigned), user(answer, answer)];
      const { body } = sent({ contents: [...contents, ...history] });
      const skip = { thoughtSignature: 'skip_thought_signature_validator' };
      expect(body['contents']).toMatchObject([
        ...contents,
        model({ ...unsigned, ...skip }, unsigned),
        user({ functionResponse: { name: 'f' } }, { functionResponse: { name: 'f' } }),
      ]);
    });
  });
});
