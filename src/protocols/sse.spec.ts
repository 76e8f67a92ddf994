import fc from 'fast-check';
import { cutAt } from '../../test/support/protocol-laws.js';
import type { SseEvent } from './sse.js';
import { dataEvent, MAX_SSE_LINE, namedEvent, SseParser } from './sse.js';

const parse = (chunks: readonly Buffer[]): SseEvent[] => {
  const parser = new SseParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
};

const parseText = (text: string): SseEvent[] => parse([Buffer.from(text)]);

/** Text without line ends, with characters of one to four bytes. */
const lineText = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, '¶'));

const frame = fc.record({
  name: fc.option(lineText, { nil: undefined }),
  data: fc.array(lineText, { minLength: 1, maxLength: 3 }),
  comment: fc.option(lineText, { nil: undefined }),
  space: fc.constantFrom('', ' '),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
});

type Frame = typeof frame extends fc.Arbitrary<infer T> ? T : never;

const wireOf = ({ name, data, comment, space, lineEnd }: Frame): string => {
  const field = (key: string, value: string) =>
    `${key}:${value.startsWith(' ') ? ' ' : space}${value}${lineEnd}`;
  const comments = comment === undefined ? '' : `:${comment}${lineEnd}`;
  const event = name === undefined ? '' : field('event', name);
  return `${comments}${event}${data.map((line) => field('data', line)).join('')}${lineEnd}`;
};

describe('SseParser', () => {
  it('row 73: gives the events that were written, whatever the line ends and wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 60 }),
        (frames, places) => {
          const wire = Buffer.from(frames.map(wireOf).join(''));
          const expected = frames.map(({ name, data }) => ({ event: name, data: data.join('\n') }));
          expect(parse(cutAt(wire, places))).toEqual(expected);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('gives the same events byte by byte', () => {
    const wire = Buffer.from(
      '\ufeffevent: a\r\ndata: ä€😀\r\n\r\n: ping\ndata: 1\ndata:2\n\ndata\r\rdata: end',
    );
    const expected = [
      { event: 'a', data: 'ä€😀' },
      { event: undefined, data: '1\n2' },
      { event: undefined, data: '' },
      { event: undefined, data: 'end' },
    ];
    expect(parse([wire])).toEqual(expected);
    expect(parse([...wire].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('hands an event on with its blank line, without waiting for the next chunk', () => {
    expect(new SseParser().push(Buffer.from('data: 1\n\n'))).toEqual([{ event: undefined, data: '1' }]);
    expect(new SseParser().push(Buffer.from('data: 1\r\n\r\n'))).toEqual([{ event: undefined, data: '1' }]);
  });

  it('row 69: ignores comments, unknown fields and events without data', () => {
    expect(
      parseText(': OPENROUTER PROCESSING\n\nid: 7\nretry: 10\nevent: x\n\ndatabase: no\n\ndata: yes\n\n'),
    ).toEqual([{ event: undefined, data: 'yes' }]);
  });

  it('still gives an event whose blank line never came', () => {
    expect(parseText('data: {"a":1}\n')).toEqual([{ event: undefined, data: '{"a":1}' }]);
    expect(parseText('data: {"a":1}\r')).toEqual([{ event: undefined, data: '{"a":1}' }]);
  });

  it('refuses a line and an event of more than 1 MB, and takes what is just below', () => {
    const push = (lead: string, tail: string, length: number) => {
      const parser = new SseParser();
      const piece = 65_536;
      for (let sent = 0; sent < length; sent += piece) {
        parser.push(Buffer.from(lead + 'x'.repeat(Math.min(piece, length - sent)) + tail));
      }
      return parser.push(Buffer.from('\n\n'));
    };
    const line = 'The upstream sent a line of more than 1 MB';
    const event = 'The upstream sent an event of more than 1 MB';
    expect(() => push('', '', MAX_SSE_LINE + 1)).toThrow(line);
    expect(() => push('data: ', '\n', MAX_SSE_LINE + 1)).toThrow(event);
    const whole = `data: ${'x'.repeat(MAX_SSE_LINE + 1)}\n`;
    expect(() => parseText(whole)).toThrow(event);
    expect(parseText(`data: ${'x'.repeat(MAX_SSE_LINE - 6)}\n\n`)[0]?.data).toHaveLength(MAX_SSE_LINE - 6);
    expect(push('data: ', '\n', MAX_SSE_LINE / 2)).toHaveLength(1);
  });

  it('reads back the frames that are written', () => {
    expect(parseText(namedEvent('ping', '{}') + dataEvent('[DONE]'))).toEqual([
      { event: 'ping', data: '{}' },
      { event: undefined, data: '[DONE]' },
    ]);
  });
});
