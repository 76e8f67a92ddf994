import fc from 'fast-check';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { decodeError, encodeError, encodeStreamError } from './error.js';

describe('decodeError', () => {
  it.each([
    [
      'OpenAI',
      '{"error":{"message":"m","type":"t","param":"p","code":"c"}}',
      { message: 'm', type: 't', param: 'p', code: 'c' },
    ],
    ['a bare text', '{"error":"m"}', { message: 'm' }],
    [
      'xAI',
      '{"code":"Client specified an invalid argument","error":"m"}',
      { message: 'm', code: 'Client specified an invalid argument' },
    ],
    [
      'Mistral',
      '{"object":"error","message":"m","type":"invalid","param":null,"code":"1200"}',
      { message: 'm', type: 'invalid', code: '1200' },
    ],
    [
      'Mistral validation',
      '{"detail":[{"loc":["body","model"],"msg":"Field required"}]}',
      { message: 'body.model: Field required' },
    ],
    ['a nested detail', '{"message":{"detail":[{"loc":["a"],"msg":"b"}]}}', { message: 'a: b' }],
    ['FastAPI', '{"detail":"Not Found"}', { message: 'Not Found' }],
    [
      'MiniMax',
      '{"base_resp":{"status_code":1004,"status_msg":"login fail"}}',
      { message: 'login fail', code: '1004' },
    ],
    ['OpenRouter', '{"error":{"message":"m","code":429}}', { message: 'm', code: '429' }],
    [
      'Google in a list',
      '[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]',
      { message: 'm', code: '400', type: 'INVALID_ARGUMENT' },
    ],
    [
      'HTML',
      '<html><style>a{}</style><body><h1>502</h1> Bad\nGateway</body></html>',
      { message: '502 Bad Gateway' },
    ],
    ['plain text', 'upstream connect error', { message: 'upstream connect error' }],
    ['nothing', '', { message: 'The upstream gave no reason.' }],
  ])('row 71: reads %s', (_name, body, expected) => expect(decodeError(body)).toMatchObject(expected));

  it('answers for any body, with at most 300 characters', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(decodeError(body).message.length).toBeLessThanOrEqual(300);
      }),
    );
    expect(decodeError('x'.repeat(100_000)).message).toHaveLength(300);
  });
});

describe('encodeError', () => {
  it('statement 43: an error is {"error":{message,type,param,code}}, null where there is nothing to say', () => {
    expect(encodeError(invalidRequest('temperature must be …', 'temperature'))).toEqual({
      status: 400,
      body: {
        error: {
          message: 'temperature must be …',
          type: 'invalid_request_error',
          param: 'temperature',
          code: null,
        },
      },
    });
    expect(
      encodeError(new FaregateError('billing', 'Out of money', { code: 'insufficient_balance' })),
    ).toEqual({
      status: 402,
      body: {
        error: { message: 'Out of money', type: 'billing_error', param: null, code: 'insufficient_balance' },
      },
    });
    expect(encodeError(new FaregateError('authentication', 'Invalid API key')).body).toMatchObject({
      error: { type: 'authentication_error', code: 'invalid_api_key' },
    });
  });

  it('never shows what is for the log', () => {
    const error = new FaregateError('internal', 'Internal error', { internal: 'SELECT secret' });
    expect(JSON.stringify(encodeError(error))).not.toContain('secret');
  });

  it('row 70: a failed stream ends with its error and without a terminator', () => {
    const text = encodeStreamError(new FaregateError('timeout', 'Too slow'));
    expect(text).toBe(
      'data: {"error":{"message":"Too slow","type":"timeout_error","param":null,"code":null}}\n\n',
    );
  });
});
