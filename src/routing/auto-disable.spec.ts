import type { AutoDisablePolicy } from '../catalog/model.js';
import { upstreamFailure } from '../providers/upstream-failure.js';
import { reasonToDisable } from './auto-disable.js';

const policy = (over: Partial<AutoDisablePolicy> = {}): AutoDisablePolicy => ({
  enabled: true,
  statuses: ['401', '520-529'],
  keywords: ['Operation not allowed'],
  retestSeconds: null,
  ...over,
});
const failure = (status: number, message: string) =>
  upstreamFailure({ status, body: { message }, headers: {}, nowMs: 0 });

describe('what switches a deployment off', () => {
  it.each([
    [401, 'whatever', 'HTTP 401: the credential or its account was refused'],
    [429, 'insufficient_quota', 'HTTP 429: the credential or its account was refused'],
    [520, 'odd', 'HTTP 520'],
    [529, 'odd', 'HTTP 529'],
    [400, 'this OPERATION NOT ALLOWED here', 'HTTP 400: "Operation not allowed"'],
  ])('%i "%s" does', (status, message, reason) => {
    expect(reasonToDisable(policy(), failure(status, message))).toBe(reason);
  });

  it.each([
    [500, 'odd'],
    [530, 'odd'],
    [429, 'slow down'],
    [400, 'max_tokens is too large'],
    [400, "Invalid value: 'Operation not allowed'"],
    [400, 'Unsupported MIME type: operation not allowed'],
  ])('%i "%s" does not', (status, message) => {
    expect(reasonToDisable(policy(), failure(status, message))).toBeUndefined();
  });

  it.each([
    [403, 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO'],
    [403, 'CachedContent not found (or permission denied)'],
    [404, 'File not found: file_abc'],
  ])('nothing does that a request refers to or says, whatever the rule (%i %s)', (status, message) => {
    const strict = policy({ statuses: ['400-499'], keywords: ['Permission denied', 'not found'] });
    expect(reasonToDisable(strict, failure(status, message))).toBeUndefined();
  });

  it('nothing does without a rule, or with one that is off', () => {
    expect(reasonToDisable(undefined, failure(401, 'x'))).toBeUndefined();
    expect(reasonToDisable(policy({ enabled: false }), failure(401, 'x'))).toBeUndefined();
  });

  it("the reason never holds the upstream's own words", () => {
    const said = failure(401, 'Incorrect API key provided: sk-abc');
    expect(reasonToDisable(policy(), said)).not.toContain('sk-');
  });
});
