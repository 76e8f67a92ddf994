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
});
