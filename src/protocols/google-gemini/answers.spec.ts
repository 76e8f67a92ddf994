import { decodeFinishReason } from './finish-reason.js';
import { decodeError, encodeError } from './error.js';
import { FaregateError } from '../../core/errors.js';
import { decodeLogprobs, encodeLogprobs } from './logprobs.js';
import { PartialArguments, pathSteps } from './partial-arguments.js';
import { decodeUsage } from './usage.js';

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
