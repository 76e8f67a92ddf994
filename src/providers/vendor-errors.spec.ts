import { KIND_OF, VENDOR_ERRORS, type VendorError } from '../../test/support/vendor-errors.js';
import { STATUS_OF_KIND, type FaregateError } from '../core/errors.js';
import { asArray, asObject, asString, isObject, tryParseJson } from '../core/json.js';
import { getProtocol, PROTOCOLS } from '../protocols/registry.js';
import { disguisedFailure, streamFailure, upstreamFailure } from './upstream-failure.js';

const NOW_MS = 1_795_248_000_000;
const named = VENDOR_ERRORS.map(
  (error, position) => [`${error.vendor}: ${error.about}`, error, position] as const,
);

/** The refusal as the gateway judges it, whether it came with its own status or inside a 200. */
function judge({ protocol, status, headers = {}, body: raw }: VendorError) {
  const text = JSON.stringify(raw);
  if (status === 200) {
    const found = disguisedFailure(asObject(raw) ?? {});
    if (!found) throw new Error('the failure was not found');
    return upstreamFailure({ ...found, headers, nowMs: NOW_MS });
  }
  const body = getProtocol(protocol ?? 'openai-chat').decodeError(text);
  return upstreamFailure({ status, headers, body, text, nowMs: NOW_MS });
}

/** Words by which the gateway's account, keys and vendors could be known. */
const OURS =
  /org[-_][a-z0-9]{6,}|sk-proj|xa\*\*\*|api key|credits?\b|balance|billing|https?:|subscription key|team /i;

describe.each(named)('row 71: %s', (_, vendorError) => {
  const { about, waitSeconds, context } = vendorError;
  const { error, cause } = judge(vendorError);

  it('is of the right kind, and another deployment is asked unless the request is at fault', () => {
    expect(error.kind).toBe(KIND_OF[about]);
    expect(cause === 'request').toBe(error.kind === 'invalid_request');
  });

  it('has the status and the shape of each client protocol, and tells nothing of the account', () => {
    for (const protocol of PROTOCOLS) {
      const { status, body } = protocol.encodeError(error, 'req_1');
      const expected = STATUS_OF_KIND[error.kind];
      expect([expected, error.kind === 'unavailable' ? 529 : expected]).toContain(status);
      const inner = asObject(body['error']);
      expect(asString(inner?.['message'])?.length).toBeGreaterThan(5);
      expect(JSON.stringify(body)).not.toMatch(OURS);
    }
  });

  it('says how long to wait when the vendor does', () => {
    const told = error.details.retryAfterSeconds;
    if (waitSeconds !== undefined) expect(told).toBe(waitSeconds);
    else if (about === 'overloaded') expect(told).toBe(2);
    else if (about !== 'rate limit') expect(told).toBeUndefined();
  });

  it('inside a stream it is the same to the caller', () => {
    if (vendorError.status === 529 || vendorError.protocol)
      return expectAnthropicInStream(vendorError, error);
    const list = asArray(vendorError.body);
    const raw = isObject(list[0]) ? list[0] : (asObject(vendorError.body) ?? {});
    const data = vendorError.status === 200 || raw['error'] ? raw : { error: raw };
    const decoder = getProtocol('openai-chat').streamDecoder();
    const [event] = decoder.push({ event: 'error', data: JSON.stringify(data) });
    expect(event?.type).toBe('error');
    if (event?.type !== 'error') return undefined;
    const failure = streamFailure(event.failure);
    expect(JSON.stringify([failure.message, failure.details.code])).not.toMatch(OURS);
    if (about === 'context length')
      expect(failure.details.contextLength).toEqual(error.details.contextLength);
    return undefined;
  });

  it('row 72: a context that is too long has the words and the code that clients look for', () => {
    expect(error.details.contextLength !== undefined).toBe(about === 'context length');
    if (!context) return;
    const [tokens, maximum] = context.map((figure) => figure ?? undefined);
    expect(error.details).toMatchObject({ code: 'context_length_exceeded' });
    expect(error.details.contextLength).toMatchObject({
      ...(tokens ? { tokens } : {}),
      ...(maximum ? { maximum } : {}),
    });
    const said = (name: Parameters<typeof getProtocol>[0]) =>
      asObject(getProtocol(name).encodeError(error, 'req_1').body['error']);
    expect(said('openai-chat')).toMatchObject({
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
      message: expect.stringMatching(/maximum context length/) as unknown,
    });
    expect(said('google-gemini')?.['message']).toMatch(/^The input token count.* exceeds the maximum number/);
    const message = asString(said('anthropic-messages')?.['message']) ?? '';
    if (error.details.contextLength?.output !== undefined) {
      expect(message).toBe(asString(asObject(asObject(vendorError.body)?.['error'])?.['message']));
    } else if (tokens !== undefined && maximum !== undefined) {
      expect(message).toBe(`prompt is too long: ${tokens} tokens > ${maximum} maximum`);
    } else expect(message).toMatch(/^prompt is too long: /);
  });
});

function expectAnthropicInStream({ body }: VendorError, whole: FaregateError): undefined {
  const decoder = getProtocol('anthropic-messages').streamDecoder();
  const [event] = decoder.push({ event: 'error', data: JSON.stringify(body) });
  if (event?.type !== 'error') throw new Error('no failure was seen');
  const failure = streamFailure(event.failure);
  expect(failure.kind).toBe(whole.kind);
  if (whole.kind !== 'upstream') expect(failure.message).toBe(whole.message);
  return undefined;
}

it('row 71: at least twelve vendors are known, each of the classes from several', () => {
  expect(new Set(VENDOR_ERRORS.map(({ vendor }) => vendor)).size).toBeGreaterThanOrEqual(15);
  for (const about of Object.keys(KIND_OF)) {
    const vendors = new Set(VENDOR_ERRORS.filter((row) => row.about === about).map(({ vendor }) => vendor));
    expect([about, vendors.size >= 2]).toEqual([about, true]);
  }
});

it('a body that is no JSON, or no error, is still a clean refusal', () => {
  for (const text of [
    '<html><h1>502 Bad Gateway</h1></html>',
    '',
    'nope',
    '[]',
    '{"error":null}',
    '{"x":1}',
  ]) {
    for (const protocol of PROTOCOLS) {
      const body = protocol.decodeError(text);
      const { error } = upstreamFailure({ status: 502, headers: {}, body, text, nowMs: NOW_MS });
      expect([error.status, error.message]).toEqual([502, 'The upstream failed']);
    }
  }
  expect(tryParseJson('nope')).toBeUndefined();
});
