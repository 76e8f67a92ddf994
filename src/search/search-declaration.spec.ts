import fc from 'fast-check';
import { FaregateError } from '../core/errors.js';
import type { JsonObject, JsonValue } from '../core/json.js';
import { findSearch } from './search-declaration.js';
import { DEFAULT_SEARCH, SEARCH_LANGUAGES } from './search-options.js';

const declare = (parameters?: JsonValue, before: number = 0) =>
  findSearch([
    ...Array.from({ length: before }, (_, index) => ({ kind: 'function' as const, name: `f${index}` })),
    {
      kind: 'server',
      protocol: 'openai-chat',
      raw: { type: 'octen_search', ...(parameters === undefined ? {} : { parameters }) },
    },
  ]);

const refusal = (parameters: JsonValue, before = 0): FaregateError => {
  try {
    declare(parameters, before);
  } catch (error) {
    if (error instanceof FaregateError) return error;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(parameters)}`);
};

describe('a declaration of octen_search', () => {
  it('statements 48 and 53: has documented defaults, five searches among them', () => {
    expect(declare()?.options).toEqual(DEFAULT_SEARCH);
    expect(declare(null)?.options.maxSearches).toBe(5);
    expect(declare({ count: null, unheard_of: 1 })?.options).toEqual(DEFAULT_SEARCH);
  });

  it('is absent when no tool is one', () => {
    expect(findSearch(undefined)).toBeUndefined();
    expect(findSearch([{ kind: 'function', name: 'octen_search' }])).toBeUndefined();
  });

  it('cannot stand twice, nor beside a function of its name', () => {
    const search = {
      kind: 'server' as const,
      protocol: 'openai-chat' as const,
      raw: { type: 'octen_search' },
    };
    expect(() => findSearch([search, search])).toThrow(/^tools\.1/);
    expect(() => findSearch([{ kind: 'function', name: 'octen_search' }, search])).toThrow(/^tools\.0/);
  });

  const integers: [string, number, number][] = [
    ['max_searches', 1, 20],
    ['count', 1, 100],
    ['highlight.max_tokens', 100, 20_000],
    ['full_content.max_tokens', 100, 100_000],
  ];
  const nest = (path: string, value: JsonValue): JsonObject => {
    const [first = '', second] = path.split('.');
    return { [first]: second === undefined ? value : { [second]: value } };
  };
  it.each(integers)(
    'statement 58: %s is a whole number from %i to %i, anything else is refused by name',
    (path, min, max) => {
      const numbers = fc.oneof(
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: min - 2, max: min + 2 }),
        fc.integer({ min: max - 2, max: max + 2 }),
      );
      fc.assert(
        fc.property(
          fc.oneof(numbers, fc.string(), fc.boolean(), fc.constant([])),
          fc.integer({ min: 0, max: 3 }),
          (value, before) => {
            const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
            if (fits) expect(declare(nest(path, value))).toBeDefined();
            else
              expect(refusal(nest(path, value as JsonValue), before).details.param).toBe(
                `tools.${before}.parameters.${path}`,
              );
          },
        ),
      );
    },
  );

  it.each([
    ['include_domains', 1_200, 60],
    ['exclude_domains', 1_200, 60],
    ['include_text', 5, 30],
    ['exclude_text', 5, 30],
  ])('statement 58: %s takes %i texts of %i characters and no more', (name, items, chars) => {
    const text = (length: number) => 'a'.repeat(length);
    expect(declare({ [name]: Array.from({ length: items }, () => text(chars)) })).toBeDefined();
    expect(refusal({ [name]: Array.from({ length: items + 1 }, () => 'a.com') }).details.param).toBe(
      `tools.0.parameters.${name}`,
    );
    expect(refusal({ [name]: ['b.com', text(chars + 1)] }).details.param).toBe(
      `tools.0.parameters.${name}.1`,
    );
    expect(refusal({ [name]: 'a.com' }).details.param).toBe(`tools.0.parameters.${name}`);
    expect(refusal({ [name]: [''] }).details.param).toBe(`tools.0.parameters.${name}.0`);
  });

  it.each([
    ['time_basis', ['auto', 'published', 'crawled']],
    ['time_range', ['day', 'week', 'month', 'year', 'd', 'w', 'm', 'y']],
    ['format', ['text', 'markdown']],
    ['safesearch', ['strict', 'off']],
  ])('statement 58: %s is one of its words', (name, words) => {
    for (const word of words) expect(declare({ [name]: word })).toBeDefined();
    fc.assert(
      fc.property(fc.string(), (word) => {
        fc.pre(!words.includes(word));
        expect(refusal({ [name]: word }).details.param).toBe(`tools.0.parameters.${name}`);
      }),
    );
  });

  it('statement 58: language is a list of the eighteen codes', () => {
    expect(SEARCH_LANGUAGES).toHaveLength(18);
    expect(declare({ language: [...SEARCH_LANGUAGES] })?.options.language).toEqual([...SEARCH_LANGUAGES]);
    expect(refusal({ language: ['en', 'xx'] }).details.param).toBe('tools.0.parameters.language.1');
    expect(refusal({ language: 'en' }).details.param).toBe('tools.0.parameters.language');
  });

  it.each(['yesterday', '2026-13-01', '2026-02-01T25:00:00Z', 1, {}])(
    'statement 58: start_time %p is no time',
    (value) => {
      expect(refusal({ start_time: value as JsonValue }).details.param).toBe('tools.0.parameters.start_time');
    },
  );

  it('statement 58: takes ISO 8601 times, and no window that ends before it starts', () => {
    for (const time of [
      '2026-01-31',
      '2024-01-01T00:00:00+08:00',
      '2024-01-01T00:00:00.5Z',
      '2024-01-01T00:00Z',
    ])
      expect(declare({ start_time: time })?.options.startTime).toBe(time);
    expect(refusal({ start_time: '2026-02-01', end_time: '2026-01-01' }).details.param).toBe(
      'tools.0.parameters.end_time',
    );
  });

  it.each(['https://a.com', 'a.com/path', 'a b.com', 'a.com:80', '*', 'user@a.com'])(
    'statement 58: %p is no domain',
    (domain) => {
      expect(refusal({ include_domains: [domain] }).details.param).toBe(
        'tools.0.parameters.include_domains.0',
      );
    },
  );

  it('reads domains as they are compared', () => {
    const { options } = declare({ include_domains: ['WWW.Example.COM', 'münchen.de', '*.a.b.'] }) ?? {};
    expect(options?.includeDomains).toEqual(['example.com', 'xn--mnchen-3ya.de', 'a.b']);
  });
});
