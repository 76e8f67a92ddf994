import { FaregateError, invalidRequest, type ErrorKind } from '../../core/errors.js';
import { decodeError, decodeStreamFailure, encodeError, encodeStreamError } from './error.js';

describe('errors for the caller', () => {
  it.each<[ErrorKind, number, string]>([
    ['invalid_request', 400, 'invalid_request_error'],
    ['authentication', 401, 'authentication_error'],
    ['billing', 402, 'billing_error'],
    ['permission', 403, 'permission_error'],
    ['not_found', 404, 'not_found_error'],
    ['conflict', 409, 'conflict_error'],
    ['too_large', 413, 'request_too_large'],
    ['unsupported_media_type', 415, 'invalid_request_error'],
    ['rate_limit', 429, 'rate_limit_error'],
    ['internal', 500, 'api_error'],
    ['upstream', 502, 'api_error'],
    ['timeout', 504, 'timeout_error'],
    ['unavailable', 529, 'overloaded_error'],
  ])('statements 2 and 22: %s is %i %s', (kind, status, type) => {
    expect(encodeError(new FaregateError(kind, 'Why.'), 'req_1')).toEqual({
      status,
      body: { type: 'error', error: { type, message: 'Why.' }, request_id: 'req_1' },
    });
  });

  it('a refused field is named even when the message forgets it', () => {
    const { body } = encodeError(invalidRequest('must be at least 1', 'max_tokens'), 'req_1');
    expect(body['error']).toMatchObject({ message: 'max_tokens: must be at least 1' });
  });

  it('row 49: a refused thread carries the details that the SDK recovers by', () => {
    const { body } = encodeError(invalidRequest('thread: no', 'thread', 'thread_not_found'), 'req_1');
    expect(body['error']).toMatchObject({
      details: { error_code: 'thread_not_found' },
    });
  });

  it('statement 21: inside a stream it is a named error event', () => {
    expect(encodeStreamError(new FaregateError('upstream', 'It broke.'), 'req_1')).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"It broke."},"request_id":"req_1"}\n\n',
    );
  });
});

describe('errors of an upstream', () => {
  it.each([
    [
      '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
      { type: 'overloaded_error', message: 'Overloaded' },
    ],
    [
      '{"error":{"message":"bad","type":"invalid_request_error","param":"n","code":"c"}}',
      { message: 'bad', type: 'invalid_request_error', param: 'n', code: 'c' },
    ],
    ['{"code":"500","error":"text"}', { message: 'text', code: '500' }],
    ['{"detail":"Not here"}', { message: 'Not here' }],
    ['{"message":"plain"}', { message: 'plain' }],
    ['{}', { message: 'the upstream gave no reason' }],
    ['', { message: 'the upstream gave no reason' }],
    [
      '<html><head><style>p{}</style></head><body><h1>502</h1> Bad  Gateway</body></html>',
      { message: '502 Bad Gateway' },
    ],
    ['[1]', { message: '[1]' }],
  ])('row 71: reads %s', (body, wanted) => {
    expect(decodeError(body)).toEqual(wanted);
  });

  it('cuts what it quotes to 300 characters', () => {
    expect(decodeError('x'.repeat(10_000)).message).toHaveLength(300);
    expect(decodeError(JSON.stringify({ message: 'x'.repeat(500) })).message).toHaveLength(300);
  });

  it.each<[string, ErrorKind]>([
    ['overloaded_error', 'unavailable'],
    ['rate_limit_error', 'rate_limit'],
    ['timeout_error', 'timeout'],
    ['invalid_request_error', 'invalid_request'],
    ['authentication_error', 'upstream'],
    ['constructor', 'upstream'],
  ])('row 70: %s inside a stream is %s', (type, kind) => {
    const failure = decodeStreamFailure({ type: 'error', error: { type, message: 'm' } });
    expect(failure).toEqual({ kind, message: 'm', vendorType: type });
  });
});
