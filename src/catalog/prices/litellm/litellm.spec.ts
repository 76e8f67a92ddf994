import fc from 'fast-check';
import { parseExactJson, scaleExactly } from '../../../core/exact-numbers.js';
import { LitellmFormatError, readLitellmPrices } from './litellm-prices.js';
import { matchEntries, type NameBook } from './match-entries.js';

const entryOf = (fields: string) => readLitellmPrices(`{"m": ${fields}}`)[0];

describe('exact numbers', () => {
  it('keeps the digits of every number and leaves texts alone, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain = (value: unknown): unknown =>
          JSON.parse(JSON.stringify(value), (_, member: unknown) =>
            typeof member === 'object' &&
            member !== null &&
            'exact' in member &&
            Object.keys(member).length === 1
              ? Number(member.exact)
              : member,
          );
        expect(plain(parseExactJson(text))).toEqual(plain(JSON.parse(text)));
      }),
    );
  });

  it('scales any decimal exactly or not at all', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        fc.integer({ min: -30, max: 10 }),
        (digits, exponent) => {
          const scaled = scaleExactly(`${digits}e${exponent}`, 12);
          const shift = BigInt(Math.abs(exponent + 12));
          const power = 10n ** shift;
          if (exponent + 12 >= 0) expect(scaled).toBe(digits * power);
          else expect(scaled).toBe(digits % power === 0n ? digits / power : undefined);
        },
      ),
    );
  });

  it.each([
    ['3e-06', 3_000_000n],
    ['1.25e-07', 125_000n],
    ['0.000015', 15_000_000n],
    ['0', 0n],
    ['1e-12', 1n],
    ['1e-13', undefined],
    ['1.5000000000000002e-07', undefined],
    ['0x10', undefined],
    ['1e999', undefined],
  ])('reads %s as %s pico', (text, pico) => expect(scaleExactly(text, 12)).toBe(pico));
});

describe('readLitellmPrices', () => {
  it('reads every class and tier; a tier begins above its number', () => {
    const entry = entryOf(`{"litellm_provider": "anthropic", "mode": "chat", "max_tokens": 8192,
      "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05, "cache_read_input_token_cost": 3e-07,
      "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06,
      "input_cost_per_token_above_200k_tokens": "0.000006", "output_cost_per_token_above_200k_tokens": null,
      "input_cost_per_token_batches": 1.5e-06, "search_context_cost_per_query": {"search_context_size_low": 0.01}}`);
    expect(entry?.vendor).toBe('anthropic');
    expect(entry?.prices).toEqual([
      { tokenClass: 'input', tierFrom: 0, unitPricePico: 3_000_000n },
      { tokenClass: 'output', tierFrom: 0, unitPricePico: 15_000_000n },
      { tokenClass: 'cache_read', tierFrom: 0, unitPricePico: 300_000n },
      { tokenClass: 'cache_write_5m', tierFrom: 0, unitPricePico: 3_750_000n },
      { tokenClass: 'cache_write_1h', tierFrom: 0, unitPricePico: 6_000_000n },
      { tokenClass: 'input', tierFrom: 200_001, unitPricePico: 6_000_000n },
    ]);
    expect(entry?.refused).toEqual([]);
    expect(entry?.notSold.map(({ field }) => field)).toEqual([
      'input_cost_per_token_batches',
      'search_context_cost_per_query',
    ]);
  });

  it.each([
    ['{"input_cost_per_token": 1e-13}', 'whole number'],
    ['{"input_cost_per_token": -1e-06}', 'below zero'],
    ['{"input_cost_per_token": 1e9}', 'too large'],
    ['{"input_cost_per_token": 1.000001}', 'too large'],
    ['{"input_cost_per_token": true}', 'no number'],
    ['{"input_cost_per_token": "cheap"}', 'whole number'],
    ['{"input_cost_per_token_above_200k_tokens": 1e-06}', 'tier'],
    [
      '{"input_cost_per_token": 0, "input_cost_per_token_above_1k_tokens": 1e-06, "input_cost_per_token_above_1000_tokens": 2e-06}',
      'same tier',
    ],
    ['7', 'no object'],
  ])('refuses an entry with %s', (fields, reason) => {
    expect(entryOf(fields)?.refused).toEqual([
      expect.objectContaining({ reason: expect.stringContaining(reason) }),
    ]);
  });

  it.each(['', '[]', '3', '{"a":'])('refuses the file %j', (text) => {
    expect(() => readLitellmPrices(text)).toThrow(LitellmFormatError);
  });

  it('leaves the sample out', () => expect(readLitellmPrices('{"sample_spec": {}}')).toEqual([]));
});

describe('matchEntries', () => {
  const models = [
    { id: 'openai/gpt-x', aliases: ['gpt-x'] },
    { id: 'google/gem', aliases: [] },
  ];
  const names: NameBook = {
    resolve: (name) =>
      models.find(({ id, aliases }) => id === name || aliases.includes(name.replace(/-2024-05-13$/, ''))),
    served: () => undefined,
  };
  const file = (entries: Record<string, string>) =>
    readLitellmPrices(
      JSON.stringify(
        Object.fromEntries(
          Object.entries(entries).map(([name, price]) => [
            name,
            { input_cost_per_token: price, litellm_provider: 'google' },
          ]),
        ),
      ),
    );
  const match = (entries: Record<string, string>) => {
    const { matched, ambiguous, unknown } = matchEntries(file(entries), names);
    return {
      matched: matched.map(({ entry }) => entry.name),
      ambiguous: ambiguous.map(({ modelId }) => modelId),
      unknown,
    };
  };

  it('takes the plain name before one with a prefix, and both before a dated one', () => {
    expect(
      match({
        'gpt-x-2024-05-13': '5e-6',
        'azure/gpt-x': '4e-6',
        'gpt-x': '3e-6',
        gem: '1e-6',
        other: '1e-6',
      }),
    ).toEqual({
      matched: ['gpt-x', 'gem'],
      ambiguous: [],
      unknown: ['other'],
    });
  });

  it('takes nothing where two equal names have different prices, and one where they agree', () => {
    expect(match({ 'azure/gpt-x': '4e-6', 'x/gpt-x': '3e-6' })).toMatchObject({
      matched: [],
      ambiguous: ['openai/gpt-x'],
    });
    expect(match({ 'azure/gpt-x': '3e-6', 'x/gpt-x': '0.000003' })).toMatchObject({
      matched: ['azure/gpt-x'],
      ambiguous: [],
    });
  });
});
