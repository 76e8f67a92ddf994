import { TOKEN_CLASSES } from '../../core/token-usage.js';
import { CATALOGUE } from './catalogue.js';
import { priceRows, simulatorOf, SIMULATED_PROVIDERS } from './seed-rows.js';

describe('the seeded catalogue', () => {
  it('is the fifteen models of a fresh installation', () => {
    expect(CATALOGUE.map(({ id }) => id).sort()).toEqual([
      'anthropic/claude-haiku-4.5',
      'anthropic/claude-opus-4.6',
      'anthropic/claude-opus-4.8',
      'anthropic/claude-sonnet-4.6',
      'google/gemini-3-flash-preview',
      'google/gemini-3.1-flash-lite',
      'google/gemini-3.1-pro-preview',
      'google/gemini-3.5-flash',
      'minimax/minimax-m2.5',
      'moonshotai/kimi-k2.5',
      'moonshotai/kimi-k2.6',
      'openai/gpt-5.4',
      'openai/gpt-5.5',
      'openai/gpt-5.5-pro',
      'qwen/qwen3.6-plus',
    ]);
  });

  it('gives no two models the same name', () => {
    const names = CATALOGUE.flatMap(({ id, aliases }) => [id, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('can answer in full within its own context window', () => {
    for (const model of CATALOGUE) expect(model.maxOutputTokens).toBeLessThan(model.contextWindow);
  });

  it('says of every figure where it comes from', () => {
    for (const row of priceRows()) expect(row.source).toMatch(/^(https:\/\/|illustrative: )/);
  });
});

describe('priceRows', () => {
  const rows = priceRows();

  it('prices input, output and search of every model, as list and as cost', () => {
    for (const { id } of CATALOGUE) {
      for (const kind of ['list', 'cost']) {
        const classes = rows.filter((row) => row.model === id && row.kind === kind && row.tier === 0);
        expect(classes.map((row) => row.class)).toEqual(
          expect.arrayContaining(['input', 'output', 'search']),
        );
      }
    }
  });

  it('has one price of each class and tier, and a lowest tier under every higher one', () => {
    const keys = rows.map((row) => [row.kind, row.model, row.class, row.tier].join(' '));
    expect(new Set(keys).size).toBe(keys.length);
    for (const row of rows) {
      expect(TOKEN_CLASSES).toContain(row.class);
      expect(keys).toContain([row.kind, row.model, row.class, 0].join(' '));
    }
  });

  it('costs four fifths of the list price, exactly', () => {
    for (const list of rows.filter(({ kind }) => kind === 'list')) {
      const cost = rows.find(
        (row) =>
          row.kind === 'cost' &&
          row.model === list.model &&
          row.class === list.class &&
          row.tier === list.tier,
      );
      expect(BigInt(cost?.pico ?? 0) * 5n).toBe(BigInt(list.pico) * 4n);
    }
  });

  it.each([
    ['anthropic/claude-opus-4.8', 'input', 0, '5000000'],
    ['anthropic/claude-opus-4.8', 'cache_write_5m', 0, '6250000'],
    ['anthropic/claude-opus-4.8', 'cache_write_1h', 0, '10000000'],
    ['anthropic/claude-opus-4.8', 'cache_read', 0, '500000'],
    ['google/gemini-3.1-pro-preview', 'input', 200_001, '4000000'],
    ['openai/gpt-5.4', 'output', 272_001, '22500000'],
    ['openai/gpt-5.5', 'search', 0, '1000000000'],
  ])('prices %s %s from %i tokens at %s pico', (model, tokenClass, tier, pico) => {
    const found = rows.find(
      (row) => row.kind === 'list' && row.model === model && row.class === tokenClass && row.tier === tier,
    );
    expect(found?.pico).toBe(pico);
  });

  it('sends each model to the simulator that speaks the language of its vendor', () => {
    const slugs = SIMULATED_PROVIDERS.map(({ slug }) => slug);
    for (const { id } of CATALOGUE) expect(slugs).toContain(simulatorOf(id));
    expect(simulatorOf('anthropic/claude-opus-4.8')).toBe('simulator-anthropic');
    expect(simulatorOf('openai/gpt-5.5')).toBe('simulator-openai');
    expect(simulatorOf('openai/gpt-5.5-pro')).toBe('simulator-responses');
    expect(simulatorOf('google/gemini-3.5-flash')).toBe('simulator-google');
    expect(new Set(CATALOGUE.map(({ id }) => simulatorOf(id))).size).toBe(SIMULATED_PROVIDERS.length);
  });
});
