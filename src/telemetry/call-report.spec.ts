import { callLine, refusalLine, type CallReport } from './call-report.js';
import { SeriesTable } from './series.js';
import { parseTraceParent, traceParentHeader } from './trace-context.js';

const report: CallReport = {
  route: '/v1/messages',
  protocol: 'anthropic-messages',
  startedAtMs: 1,
  requestId: 'req_1',
  keyId: 'key_1',
  organizationId: 'org_1',
  streamed: false,
  model: 'a/b"\n',
  provider: 'p',
  outcome: 'failed',
  errorType: 'quoted "code"\u2028\n',
  tokens: {},
  searches: 0,
  chargedNano: 0n,
  costNano: 12n,
  currency: 'USD',
  durationMs: 5,
  attempts: [],
  fellBack: false,
};

describe('a line of the access log', () => {
  it('is one line of JSON whatever an upstream named its error', () => {
    const line = `{${callLine(report)}}`;
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toMatchObject({ model: report.model, error: report.errorType, status: null });
  });

  it('of a refusal says null of a caller whom nobody knows', () => {
    const line = refusalLine({ requestId: 'req_1', route: 'other', status: 401, kind: 'authentication' });
    expect(JSON.parse(`{${line}}`)).toMatchObject({ key: null, organization: null, error: 'authentication' });
  });
});

describe('a table of series', () => {
  it('counts under "other" what comes after its limit', () => {
    const table = new SeriesTable(() => ({ count: 0 }), 2);
    for (const model of ['a', 'b', 'c', 'd', 'a']) table.of([model]).count += 1;
    const counts = [...table.all()].map(({ labels, value }) => [labels[0], value.count]);
    expect(counts).toEqual([
      ['a', 2],
      ['b', 1],
      ['other', 2],
    ]);
  });
});

describe('traceparent', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const spanId = '00f067aa0ba902b7';
  const valid = `00-${traceId}-${spanId}-01`;

  it('reads what it writes', () => {
    expect(parseTraceParent(valid)).toEqual({ traceId, spanId, traceFlags: 1 });
    expect(traceParentHeader({ traceId, spanId, traceFlags: 1 })).toBe(valid);
  });

  it('takes members of later versions and no others', () => {
    expect(parseTraceParent(`01${valid.slice(2)}-more`)).toBeDefined();
    for (const bad of [
      `${valid}-more`,
      `ff${valid.slice(2)}`,
      `00-${'0'.repeat(32)}-${spanId}-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      valid.toUpperCase(),
      '',
      undefined,
      [valid],
    ])
      expect(parseTraceParent(bad)).toBeUndefined();
  });
});
