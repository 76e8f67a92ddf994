import { MAX_AMOUNT, multipliedPico } from '../../core/money.js';
import { TOKEN_CLASSES } from '../../core/token-usage.js';
import { parseMultiplier } from '../groups/group.js';
import { highestPico, judgePriceOf, judgeUnitPrice } from './unit-price.js';

describe('judgeUnitPrice', () => {
  it.each(['0', '3', '3.00', '0.000001', '1000000', '0.000000000001', '3.0000000000000'])(
    'takes %s, which is a price of some class',
    (text) => expect(judgeUnitPrice(text)).toBeNull(),
  );

  it.each([
    '',
    '-1',
    '-0',
    '+1',
    '1e3',
    '1,5',
    ' 1',
    '1.',
    '.5',
    '0x10',
    'NaN',
    '1_000',
    '1\0',
    '٣',
    '0.0000000000001',
  ])('refuses %j', (text) => expect(judgeUnitPrice(text)).toEqual(expect.any(String)));

  it.each([3, null, true, {}, ['3']])('refuses %j, which is no string', (value) => {
    expect(judgeUnitPrice(value)).toContain('decimal string');
  });

  it('refuses an amount that no column holds', () => {
    expect(judgeUnitPrice('99999999999999')).toBe('is too large');
  });

  it('refuses what is higher than any class allows', () => {
    expect(judgeUnitPrice('1000000.000001')).toBe('must be at most 1000000');
  });
});

describe('judgePriceOf', () => {
  it('lets a price per million tokens have 6 places and a price per call 12', () => {
    expect(judgePriceOf('0.000001', 'input')).toBeNull();
    expect(judgePriceOf('0.0000001', 'input')).toContain('at most 6');
    expect(judgePriceOf('0.000000000001', 'search')).toBeNull();
  });

  it('lets a price per million tokens be 1,000,000 and one per call 1,000', () => {
    expect(judgePriceOf('1000000', 'output')).toBeNull();
    expect(judgePriceOf('1000000.000001', 'output')).toBe('must be at most 1000000');
    expect(judgePriceOf('9223372036854.775807', 'output')).toBe('must be at most 1000000');
    expect(judgePriceOf('1000', 'search')).toBeNull();
    expect(judgePriceOf('1000.01', 'search')).toBe('must be at most 1000');
    expect(judgePriceOf('9300000', 'search')).toBe('is too large');
  });

  it('lets no price leave a column at the largest multiplier', () => {
    for (const tokenClass of TOKEN_CLASSES) {
      const multiplied = multipliedPico(highestPico(tokenClass), parseMultiplier('1000'));
      expect(multiplied <= MAX_AMOUNT).toBe(true);
    }
  });
});
