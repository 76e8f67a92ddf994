import { decodeFinishReason } from './finish-reason.js';
import { decodeError, encodeError } from './error.js';
import { FaregateError } from '../../core/errors.js';
import { decodeLogprobs, encodeLogprobs } from './logprobs.js';
import { PartialArguments, pathSteps } from './partial-arguments.js';
import { GroundedSearches } from './grounding.js';
import { decodeResponse } from './response.js';
import { GeminiDecoder } from './stream-decode.js';
import { decodeUsage } from './usage.js';
import type { JsonObject } from '../../core/json.js';

describe('how answers end', () => {
  it('row 54: every word of Google has its meaning, calls make STOP tool-calls, unknown words are accepted', () => {
    expect(decodeFinishReason('STOP', false)).toBe('stop');
    expect(decodeFinishReason('STOP', true)).toBe('tool-calls');
    expect(decodeFinishReason('MAX_TOKENS', true)).toBe('length');
    for (const word of [
      'SAFETY',
      'RECITATION',
      'BLOCKLIST',
      'PROHIBITED_CONTENT',
      'SPII',
      'IMAGE_SAFETY',
      'MODEL_ARMOR',
    ])
      expect(decodeFinishReason(word, false)).toBe('content-filter');
    for (const word of ['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS'])
      expect(decodeFinishReason(word, false)).toBe('error');
    expect(decodeFinishReason('SOMETHING_NEW', false)).toBe('other');
  });
});

describe('usage', () => {
  it('rows 62, 64 and 65: cached is inside the prompt, thoughts outside the candidates, tool prompts extra', () => {
    const raw = {
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      candidatesTokenCount: 10,
      thoughtsTokenCount: 5,
      toolUsePromptTokenCount: 7,
      totalTokenCount: 122,
    };
    expect(decodeUsage(raw)).toEqual({
      input: { noCache: 67, cacheRead: 40 },
      output: { total: 15, reasoning: 5 },
    });
  });
  it('row 65: a missing count of candidates is told by the total', () => {
    const raw = { promptTokenCount: 100, thoughtsTokenCount: 20, totalTokenCount: 120 };
    expect(decodeUsage(raw)).toMatchObject({ output: { total: 20, reasoning: 20 } });
    expect(decodeUsage({ promptTokenCount: 7, totalTokenCount: 7 }).output.total).toBe(0);
    expect(decodeUsage({}).output.total).toBeUndefined();
  });
  it('tells sound and images, as parts of what no cache had and of the output, never more than these', () => {
    const of = (counts: Record<string, number>) =>
      Object.entries(counts).map(([modality, tokenCount]) => ({ modality, tokenCount }));
    const raw = {
      promptTokenCount: 100,
      cachedContentTokenCount: 30,
      promptTokensDetails: of({ TEXT: 10, AUDIO: 60, IMAGE: 30 }),
      cacheTokensDetails: of({ TEXT: 10, AUDIO: 20 }),
      candidatesTokenCount: 10,
      candidatesTokensDetails: of({ AUDIO: 11, IMAGE: 3 }),
    };
    expect(decodeUsage(raw)).toMatchObject({
      input: { noCache: 70, audio: 40, image: 30 },
      output: { total: 10, audio: 10 },
    });
    expect(decodeUsage({ ...raw, cacheTokensDetails: of({ AUDIO: 90 }) }).input.audio).toBe(0);
    expect(decodeUsage({ promptTokenCount: 1 }).input.audio).toBeUndefined();
  });
});

describe('searches that Google ran', () => {
  const grounded = (queries: string[] | undefined, index = 0) => ({
    index,
    groundingMetadata: queries ? { webSearchQueries: queries } : { groundingChunks: [] },
  });
  const counted = (modelVersion: string, ...chunks: JsonObject[][]) => {
    const searches = new GroundedSearches();
    for (const candidates of chunks) searches.note({ candidates, modelVersion });
    return searches.count;
  };

  it('are its different queries, empty ones aside, and unknown without grounding', () => {
    expect(counted('gemini-3-flash', [grounded(['tea', '', 'green tea', 'tea'])])).toBe(2);
    expect(counted('gemini-3-flash', [grounded(undefined)])).toBe(0);
    expect(counted('gemini-3-flash', [{ index: 0 }])).toBeUndefined();
  });

  it('are those that each candidate of a stream names last, of all candidates together', () => {
    const chunks = [[grounded(['a'])], [grounded(['a', 'b'])], [grounded(undefined), grounded(['c'], 1)]];
    expect(counted('gemini-3.1-pro', ...chunks)).toBe(3);
  });

  it('are one for the whole prompt before generation 3, which Google bills by grounded prompts', () => {
    expect(counted('gemini-2.5-flash', [grounded(['a', 'b']), grounded(['c'], 1)])).toBe(1);
    expect(counted('gemini-2.5-flash', [grounded([])])).toBe(0);
  });

  it('are counted in whole answers and in streams, with and without reported tokens', () => {
    const said = { content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP', ...grounded(['a', 'b']) };
    const body = { candidates: [said], modelVersion: 'gemini-3-pro' };
    const usageMetadata = { promptTokenCount: 9, candidatesTokenCount: 1 };
    expect(decodeResponse({ ...body, usageMetadata }).usage).toMatchObject({
      input: { noCache: 9 },
      searches: 2,
    });
    expect(decodeResponse(body).usage.searches).toBe(2);
    const decoder = new GeminiDecoder();
    const events = [
      { candidates: [{ content: { parts: [{ text: 'H' }] } }], usageMetadata, modelVersion: 'gemini-3-pro' },
      body,
    ].flatMap((chunk) => decoder.read(chunk));
    expect(events.at(-1)).toMatchObject({ type: 'usage', usage: { input: { noCache: 9 }, searches: 2 } });
  });
});

describe('log probabilities', () => {
  it('row 34: go from Google to Chat and back', () => {
    const google = {
      topCandidates: [
        {
          candidates: [
            { token: 'é', logProbability: -0.1 },
            { token: 'e', logProbability: -2 },
          ],
        },
      ],
      chosenCandidates: [{ token: 'é', logProbability: -0.1 }],
    };
    const chat = decodeLogprobs(google);
    expect(chat).toMatchObject({ content: [{ token: 'é', logprob: -0.1, bytes: [195, 169] }] });
    expect(encodeLogprobs(chat)).toEqual(google);
    expect(decodeLogprobs({})).toBeUndefined();
  });
});

describe('arguments in pieces', () => {
  it('row 61: texts grow, everything else is set where its path says', () => {
    const pieces = new PartialArguments();
    pieces.add({ jsonPath: '$.a[1].b', stringValue: 'x' });
    pieces.add({ jsonPath: '$.a[1].b', stringValue: 'y' });
    pieces.add({ jsonPath: "$['odd name']", boolValue: false });
    pieces.add({ jsonPath: '$.n', nullValue: 'NULL_VALUE' });
    expect(JSON.parse(pieces.text)).toEqual({ a: [null, { b: 'xy' }], 'odd name': false, n: null });
  });
  it('row 61: a hostile path changes nothing', () => {
    const pieces = new PartialArguments();
    for (const jsonPath of ['$.__proto__.polluted', '$.a[999999]', '$..x', 'a.b', '$']) {
      pieces.add({ jsonPath, stringValue: 'x' });
    }
    expect(pieces.text).toBe('{}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(pathSteps('$.a.constructor')).toBeUndefined();
  });
});

describe('errors', () => {
  it("row 71: are written in Google's shape, with field, reason and time to wait in the details", () => {
    const details = { param: 'contents', code: 'model_not_found', retryAfterSeconds: 3 };
    const { status, body } = encodeError(new FaregateError('rate_limit', 'Slow down.', details), 'req_1');
    expect(status).toBe(429);
    expect(body).toEqual({
      error: {
        code: 429,
        message: 'contents: Slow down.',
        status: 'RESOURCE_EXHAUSTED',
        details: [
          { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'req_1' },
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'MODEL_NOT_FOUND',
            domain: 'faregate',
          },
          { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field: 'contents' }] },
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3s' },
        ],
      },
    });
  });
  it('rows 70 and 71: are read from an object, an array, a page', () => {
    const error = { error: { code: 400, message: 'Bad.', status: 'INVALID_ARGUMENT' } };
    const read = { message: 'Bad.', type: 'INVALID_ARGUMENT', code: '400' };
    expect(decodeError(JSON.stringify(error))).toEqual(read);
    expect(decodeError(JSON.stringify([error]))).toEqual(read);
    expect(decodeError('<html><body>Bad gateway</body></html>')).toEqual({ message: 'Bad gateway' });
    expect(decodeError('')).toEqual({ message: 'the upstream gave no reason' });
  });
});
