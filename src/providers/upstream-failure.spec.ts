import fc from 'fast-check';
import type { UpstreamErrorBody } from '../protocols/protocol.js';
import { retryAfterSeconds } from './retry-after.js';
import { disguisedFailure, streamFailure, upstreamFailure } from './upstream-failure.js';
import { publicText } from './upstream-text.js';

const NOW_MS = Date.UTC(2026, 10, 21, 8, 0, 0);
const judge = (status: number, body: Partial<UpstreamErrorBody> = {}, headers: Record<string, string> = {}) =>
  upstreamFailure({ status, body: { message: 'no', ...body }, headers, nowMs: NOW_MS });

describe('upstreamFailure', () => {
  it.each([
    [400, 'invalid_request', 'request'],
    [401, 'upstream', 'account'],
    [402, 'upstream', 'account'],
    [403, 'upstream', 'account'],
    [404, 'upstream', 'model'],
    [405, 'upstream', 'fault'],
    [408, 'timeout', 'timeout'],
    [409, 'upstream', 'fault'],
    [413, 'too_large', 'request'],
    [422, 'invalid_request', 'request'],
    [429, 'rate_limit', 'rate_limit'],
    [500, 'upstream', 'fault'],
    [502, 'upstream', 'fault'],
    [503, 'unavailable', 'overloaded'],
    [504, 'timeout', 'timeout'],
    [520, 'upstream', 'fault'],
    [524, 'timeout', 'timeout'],
    [529, 'unavailable', 'overloaded'],
    [302, 'upstream', 'fault'],
  ])('takes a status of %i for %s, caused by %s', (status, kind, cause) => {
    const failure = judge(status);
    expect([failure.error.kind, failure.cause]).toEqual([kind, cause]);
  });

  it("keeps the vendor's words, field and code for a fault in the request", () => {
    const message = 'messages: roles must alternate';
    const { error } = judge(400, { message, param: 'messages[0].content', code: 'invalid_value' });
    expect(error.message).toBe(message);
    expect(error.details).toMatchObject({ param: 'messages[0].content', code: 'invalid_value' });
  });

  it.each([
    [401, 'Incorrect API key provided: sk-proj-abcdefghijkl', undefined],
    [403, 'You are not allowed at api.example.com', undefined],
    [400, 'Your credit balance is too low to access the Anthropic API.', undefined],
    [400, 'API key not valid. Please pass a valid API key.', undefined],
    [429, 'You exceeded your current quota, please check your plan.', 'insufficient_quota'],
  ])(
    "never lets the caller see that the gateway's own account was refused (%i %s)",
    (status, message, code) => {
      const failure = judge(status, { message, code });
      expect(failure.error.status).toBe(502);
      expect(failure.error.message).toBe("The upstream refused the gateway's credential");
      expect(failure.cause).toBe('account');
    },
  );

  it.each([404, 400])('takes a model that the vendor lacks for our mistake (%i)', (status) => {
    const failure = judge(status, { message: 'The model `gpt-9` does not exist', code: 'model_not_found' });
    expect([failure.error.status, failure.cause]).toEqual([502, 'model']);
    expect(failure.error.message).not.toContain('gpt-9');
  });

  it.each([
    [403, 'You do not have permission to access the File abc123 or it may not exist.', 'PERMISSION_DENIED'],
    [403, 'CachedContent not found (or permission denied)', 'PERMISSION_DENIED'],
    [404, 'File not found: file_abc', 'not_found_error'],
    [404, "Item with id 'rs_1' not found.", 'invalid_request_error'],
    [404, 'No such File object: file-abc', 'invalid_request_error'],
  ])('takes something that the request refers to and that is not there for its fault (%i %s)', (...given) => {
    const [status, message, type] = given;
    const { error, cause } = judge(status, { message, type });
    expect([error.status, error.message, cause]).toEqual([400, message, 'request']);
  });

  it.each([
    [403, 'The caller does not have permission', 'account'],
    [403, 'Requests from referer <empty> are blocked.', 'account'],
    [404, 'The model `file-reader` does not exist or you do not have access to it.', 'model'],
    [404, 'Resource not found', 'model'],
  ])('takes nothing else for that (%i %s)', (status, message, cause) => {
    expect(judge(status, { message }).cause).toBe(cause);
  });

  it("tells a caller that a prompt was refused, and nothing of the account behind it (xAI's 403)", () => {
    const id = '11111111-2222-3333-4444-555555555555';
    const message = `Content violates usage guidelines. Team: ${id}, API key ID: ${id}, Model: grok-4, Failed check: SAFETY_CHECK_TYPE_BIO`;
    const { error, cause } = judge(403, { message, code: 'The caller does not have permission' });
    expect([error.status, error.details.code, cause]).toEqual([400, 'content_filter', 'request']);
    expect(error.message).toBe(
      'Content violates usage guidelines. [removed], [removed], Model: grok-4, Failed check: SAFETY_CHECK_TYPE_BIO',
    );
  });

  it("says nothing of an upstream's inside when it failed", () => {
    for (const status of [500, 503, 504, 429]) {
      const { error } = judge(status, { message: 'Traceback at db.internal:5432 SELECT 1' });
      expect(error.message).not.toMatch(/Traceback|internal|SELECT/);
      expect(JSON.stringify(error.details.internal)).toContain('Traceback');
    }
  });

  it('passes on how long to wait', () => {
    expect(judge(429, {}, { 'retry-after': '7' }).error.details.retryAfterSeconds).toBe(7);
    expect(judge(503, {}, { 'retry-after': '9' }).error.details.retryAfterSeconds).toBe(9);
    expect(judge(429).error.details.retryAfterSeconds).toBeUndefined();
  });
});

describe('retryAfterSeconds', () => {
  const wait = (headers: Record<string, string>, text?: string) =>
    retryAfterSeconds({ headers, text, nowMs: NOW_MS });

  it.each([
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1.2' }, 2],
    [{ 'retry-after': 'Sat, 21 Nov 2026 08:00:30 GMT' }, 30],
    [{ 'retry-after': 'Sat, 21 Nov 2026 07:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '1500', 'retry-after': '60' }, 2],
    [{ 'retry-after': '999999999' }, 86_400],
    [{ 'retry-after': '-1' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '1e9' }, undefined],
    [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-remaining-requests': '0' }, 1],
    [{ 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-reset-requests': '120ms' }, 360],
    [
      {
        'x-ratelimit-reset-tokens': '2m59.56s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-requests': '9h',
        'x-ratelimit-remaining-requests': '70',
      },
      180,
    ],
    [{ 'x-ratelimit-reset': String(NOW_MS + 30_000) }, 30],
    [{ 'x-ratelimit-reset': String(NOW_MS / 1_000 + 30) }, 30],
    [{ 'anthropic-ratelimit-requests-reset': '2026-11-21T08:00:10Z' }, 10],
    [{ 'x-ratelimit-reset': 'yes' }, undefined],
    [{}, undefined],
  ] as [Record<string, string>, number | undefined][])('reads %j as %s', (headers, seconds) => {
    expect(wait(headers)).toBe(seconds);
  });

  it('reads the RetryInfo of a Gemini body', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.07s' }];
    expect(wait({}, JSON.stringify({ error: { code: 429, details } }))).toBe(35);
    expect(wait({}, JSON.stringify([{ error: { code: 429, details } }]))).toBe(35);
    expect(wait({}, '{"RetryInfo":')).toBeUndefined();
  });

  it.each([
    ['Rate limit reached for gpt-5. Please try again in 7.66s.', 8],
    ['Please try again in 1m12.5s. Need more tokens?', 73],
    ['Please retry after 12 seconds.', 12],
    ['Please try again later.', undefined],
  ])('reads %j as %s', (text, seconds) => {
    expect(wait({}, text)).toBe(seconds);
    expect(wait({ 'retry-after': '3' }, text)).toBe(3);
  });

  it('is a whole number from 0 to a day, whatever an upstream sends', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (after, text) => {
        const headers = { 'retry-after': after, 'retry-after-ms': text, 'x-ratelimit-reset': after };
        const seconds = wait(headers, text);
        expect(
          seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400),
        ).toBe(true);
      }),
    );
  });
});

describe('publicText', () => {
  it.each([
    'see https://api.secret-host.example/v1/x?key=abc for more',
    'host llm.corp.internal:8443/v1 refused',
    'connect 10.0.0.7:8000 failed',
    'localhost:11434 says no',
    'Incorrect API key provided: sk-proj-Ab12********xyz9',
    'key AIzaSyA1234567890abcdefg is bad',
    'Authorization: Bearer abc.def-123456',
    'Rate limit for gpt in organization org-Abc123XyZ on tokens',
    'token 0123456789abcdef0123456789abcdef0123 expired',
  ])('takes addresses, keys and accounts out of %j', (text) => {
    const shown = publicText(text);
    expect(shown).toContain('[removed]');
    expect(shown).not.toMatch(
      /secret-host|corp\.internal|10\.0\.0\.7|localhost|Ab12|xyz9|AIza|abc\.def|Abc123|0123456789abcdef/,
    );
  });

  it.each([
    "Invalid value for 'temperature': 3.5 is above the maximum of 2.0 (param: messages[0].content)",
    'max_tokens: 300000 > 128000, which is the maximum allowed for claude-opus-4-8',
  ])('leaves %j as it is', (text) => {
    expect(publicText(text)).toBe(text);
  });

  it('is short and without control characters, whatever an upstream sends', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 6_000 }), (text) => {
        const shown = publicText(text);
        expect(shown.length).toBeLessThanOrEqual(1_000);
        expect(shown).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe('disguisedFailure', () => {
  it('finds a MiniMax failure inside a 200', () => {
    expect(disguisedFailure({ base_resp: { status_code: 1002, status_msg: 'rate limit' } })).toEqual({
      status: 429,
      body: { message: 'rate limit', code: '1002' },
    });
    expect(disguisedFailure({ base_resp: { status_code: 7777 } })?.status).toBe(500);
  });

  it('finds an error object in place of an answer', () => {
    expect(disguisedFailure({ error: { message: 'no', code: 503 } })?.status).toBe(503);
    expect(disguisedFailure({ error: { message: 'no', code: 'oops' } })).toMatchObject({
      status: 500,
      body: { code: 'oops' },
    });
  });

  it('lets an answer be an answer', () => {
    expect(disguisedFailure({ choices: [], base_resp: { status_code: 0 } })).toBeUndefined();
    expect(disguisedFailure({ choices: [], error: { message: 'partial' } })).toBeUndefined();
    expect(disguisedFailure({ type: 'message', content: [] })).toBeUndefined();
  });
});

describe('streamFailure', () => {
  const told = (
    kind: 'upstream' | 'invalid_request' | 'unavailable',
    message: string,
    vendorType?: string,
  ) => {
    const { kind: as, message: shown, details } = streamFailure({ kind, message, vendorType });
    return { as, shown, code: details.code };
  };

  it('never tells of our account, our models or the inside of a vendor', () => {
    const quota = told('invalid_request', 'You exceeded your current quota', 'insufficient_quota');
    expect(quota).toMatchObject({ as: 'upstream', shown: "The upstream refused the gateway's credential" });
    expect(told('upstream', 'panic at 10.1.2.3', 'server_error').shown).toBe('The upstream failed');
    expect(told('unavailable', 'node a-17 is busy', 'overloaded_error').shown).toBe(
      'The upstream is overloaded',
    );
  });

  it("passes on a fault of the request itself in the vendor's cleaned words", () => {
    expect(told('invalid_request', 'Too long, see https://a.example/x', 'invalid_request_error')).toEqual({
      as: 'invalid_request',
      shown: 'Too long, see [removed]',
      code: undefined,
    });
  });
});
