import { FaregateError } from '../../core/errors.js';
import { decodeStreamFailure, encodeStreamError, failedError } from './error.js';

describe('errors of the Responses API', () => {
  it('row 70: reads a failure from every place where an upstream puts it', () => {
    const flat = { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down.', param: null };
    expect(decodeStreamFailure(flat)).toMatchObject({ kind: 'rate_limit', message: 'Slow down.' });
    const nested = { type: 'error', error: { type: 'server_error', message: 'Oops.' } };
    expect(decodeStreamFailure(nested)).toMatchObject({ kind: 'upstream', message: 'Oops.' });
    const failed = { response: { error: { code: 'context_length_exceeded', message: 'Too long.' } } };
    expect(decodeStreamFailure(failed)).toMatchObject({
      kind: 'invalid_request',
      vendorType: 'context_length_exceeded',
    });
    expect(decodeStreamFailure({}).message).toMatch(/without a reason/);
  });

  it('row 72: keeps the code that clients look for', () => {
    const error = new FaregateError('invalid_request', 'Too long.', { code: 'context_length_exceeded' });
    expect(failedError(error)).toMatchObject({ code: 'context_length_exceeded', message: 'Too long.' });
    expect(failedError(new FaregateError('rate_limit', 'Slow.'))).toMatchObject({
      code: 'rate_limit_exceeded',
    });
  });

  it('ends a stream that has said nothing with a failed response', () => {
    const text = encodeStreamError(new FaregateError('upstream', 'It broke.'), 'req_1');
    expect(text).toMatch(/^event: response\.failed\ndata: \{.*"status":"failed".*\}\n\n$/);
  });
});
