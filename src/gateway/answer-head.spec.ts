import fc from 'fast-check';
import { validateHeaderValue } from 'node:http';
import { buildCandidate, buildTicket } from '../../test/support/builders/ticket.builder.js';
import { headerText, streamHeaders, wholeHeaders } from './answer-head.js';

describe('the head of an answer', () => {
  it('of a stream forbids everybody between to keep or gather it', () => {
    expect(streamHeaders(buildTicket(), buildCandidate(), [])).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-request-id': 'req_0190d2c40000700080000000000000' + '2a',
      'x-faregate-provider': 'vendor',
      'x-faregate-model': 'vendor/model',
    });
  });

  it('of a whole answer says its price when there is an exact one, and its length', () => {
    const head = wholeHeaders(buildTicket(), buildCandidate(), [], { bytes: 12, cost: '0.000001000' });
    expect(head).toMatchObject({ 'content-length': '12', 'x-faregate-cost': '0.000001000' });
    expect(
      wholeHeaders(buildTicket(), buildCandidate(), [], { bytes: 12, cost: undefined }),
    ).not.toHaveProperty('x-faregate-cost');
  });

  it('tells what was dropped or changed', () => {
    const head = streamHeaders(buildTicket(), buildCandidate(), ['a was ignored', 'b was lowered']);
    expect(head['x-faregate-warnings']).toBe('a was ignored; b was lowered');
  });

  it('can be sent whatever a caller put into a warning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5_000 }), (text) => {
        const value = headerText(`${text}\r\nx-evil: 1`);
        expect(() => validateHeaderValue('x-faregate-warnings', value)).not.toThrow();
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(value.length).toBeLessThanOrEqual(2_000);
      }),
    );
  });
});
