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
  ])('%i "%s" does not', (status, message) => {
    expect(reasonToDisable(policy(), failure(status, message))).toBeUndefined();
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
