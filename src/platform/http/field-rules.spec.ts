import fc from 'fast-check';
import {
  isTimeZone,
  judgeCount,
  judgeInstant,
  judgeMoney,
  judgeStringMap,
  judgeText,
} from './field-rules.js';

const FOREIGN: unknown[] = [null, undefined, true, {}, [], ['1'], Number.NaN, 1e30, () => 1];

describe('money fields', () => {
  it.each(['0', '12.34', '0.000000001', '-5', '007.50', '9223372036.854775807'])('take %s', (text) => {
    expect(judgeMoney(text)).toBeNull();
  });

  it.each([
    ...FOREIGN,
    12.5,
    1n,
    '',
    ' 1',
    '1e3',
    '1E30',
    '+1',
    '1,000',
    '.5',
    '5.',
    '0x10',
    '١',
    'NaN',
    'Infinity',
    '0.0000000001',
    '9223372036.854775808',
    '1'.repeat(10_000),
  ])('refuse %p', (value) => {
    expect(judgeMoney(value)).toMatch(/^(must|is too large)/);
  });

  it('keep their limits, inclusive', () => {
    expect(judgeMoney('0', { positive: true })).toBe('must be more than 0');
    expect(judgeMoney('0.000000001', { positive: true })).toBeNull();
    expect(judgeMoney('-0.01', { min: '0' })).toBe('must be at least 0');
    expect(judgeMoney('-0', { min: '0' })).toBeNull();
    expect(judgeMoney('10.01', { max: '10' })).toBe('must be at most 10');
  });
});

describe('other fields', () => {
  it.each(FOREIGN)('refuse %p where a text, a count, a time or a map is wanted', (value) => {
    expect(judgeText(value)).not.toBeNull();
    expect(judgeCount(value)).not.toBeNull();
    expect(judgeInstant(value)).not.toBeNull();
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      expect(judgeStringMap(value)).not.toBeNull();
    }
    expect(isTimeZone(value)).toBe(false);
  });

  it('refuse text that no column could keep', () => {
    for (const text of ['a\0b', '\ud800', '\udc00x', '   ', '']) expect(judgeText(text)).not.toBeNull();
    expect(judgeText('🦊 é')).toBeNull();
    expect(judgeStringMap({ ['a\0']: 'x' })).not.toBeNull();
  });

  it('take whole numbers within their limits only', () => {
    expect(judgeCount(0)).toBeNull();
    expect(judgeCount(2_147_483_647)).toBeNull();
    for (const value of [-1, 0.5, 2_147_483_648, '1']) expect(judgeCount(value)).not.toBeNull();
  });

  it.each([
    '2027-02-28T23:59:59Z',
    '2028-02-29T00:00:00.123456+05:30',
    '2027-12-31t00:00:00z',
    '9999-12-31T23:59:59Z',
  ])('take the time %s', (text) => {
    expect(judgeInstant(text)).toBeNull();
  });

  it.each([
    '2027-02-29T00:00:00Z',
    '2027-04-31T00:00:00Z',
    '2027-13-01T00:00:00Z',
    '2027-01-01T25:00:00Z',
    '2027-01-01',
    '2027-01-01T00:00:00',
    '1999-12-31T23:59:59Z',
    '0000-00-00T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59-00:01',
    '9999-12-31T23:59:59-23:59',
    '+012027-01-01T00:00:00Z',
  ])('refuse the time %s', (text) => {
    expect(judgeInstant(text)).not.toBeNull();
  });

  it('refuse a past time where the future is wanted', () => {
    expect(judgeInstant('2020-01-01T00:00:00Z', { future: true })).toBe('must lie in the future');
    expect(judgeInstant('2999-01-01T00:00:00Z', { future: true })).toBeNull();
  });

  it('know time zones by their names', () => {
    for (const zone of [
      'UTC',
      'GMT',
      'Europe/Berlin',
      'America/Argentina/Buenos_Aires',
      'Asia/Calcutta',
      'US/Eastern',
      'Japan',
    ]) {
      expect(isTimeZone(zone)).toBe(true);
    }
    for (const zone of ['Mars/Olympus', '+02:00', '', 'Europe/Berlin\0', '../etc']) {
      expect(isTimeZone(zone)).toBe(false);
    }
  });

  it.each(['AET', 'IST', 'ist', 'BST', 'CST', 'CAT', 'CET'])('refuse %s, which is no place', (zone) => {
    expect(isTimeZone(zone)).toBe(false);
  });

  it('never throw, whatever they are given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const judge of [judgeMoney, judgeText, judgeCount, judgeInstant, judgeStringMap]) judge(value);
      }),
    );
  });
});
