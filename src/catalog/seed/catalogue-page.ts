import { CATALOGUE, SEARCH_PRICE } from './catalogue.js';
import type { SeedModel, SeedPrice } from './seed-model.js';

const COLUMNS = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output'] as const;

const INTRODUCTION = `# The seeded catalogue

What a fresh installation sells: USD per 1M tokens. \`npm start\` writes it once; afterwards the admin API decides, and a
second start changes nothing but the simulator's address. A dash means that the class has no price of its own: cached
input then costs what other input does.

The prices are a starting point for trying things out, **not a promise**: check them against the vendor's page named
below before you charge anybody. Cost prices of the built-in simulator are four fifths of these, as an illustration.
A web search costs $${SEARCH_PRICE.unitPrice} per call for every model (${SEARCH_PRICE.source}).
`;

const LIMITS_NOTE =
  'Not checked against the vendors’ own pages one by one; correct them with `PATCH /admin/v1/models/{model}`.';

/** docs/catalogue.md: every model of the seed with its limits, prices and sources. */
export function cataloguePage(models: readonly SeedModel[] = CATALOGUE): string {
  const prices = [
    `| model | from input tokens | ${COLUMNS.join(' | ')} |`,
    `| --- | --- | ${COLUMNS.map(() => '---').join(' | ')} |`,
    ...models.flatMap(priceLines),
  ];
  const limits = [
    '| model | aliases | context | output | parameters and inputs |',
    '| --- | --- | --- | --- | --- |',
    ...models.map(
      (model) =>
        `| ${model.id} | ${model.aliases.join(', ')} | ${model.contextWindow} | ${model.maxOutputTokens} | ` +
        `${model.capabilities.join(', ')} |`,
    ),
  ];
  const sources = models.flatMap(sourceLines);
  return [
    INTRODUCTION,
    `## Prices\n\n${prices.join('\n')}\n`,
    `## Limits\n\n${LIMITS_NOTE}\n\n${limits.join('\n')}\n`,
    `## Sources\n\n${sources.join('\n')}\n`,
  ].join('\n');
}

/** Where a model's prices come from, then the figures that have a source of their own. */
function sourceLines({ id, source, prices }: SeedModel): string[] {
  const own = prices.flatMap((price) =>
    price.source === undefined
      ? []
      : [`  - ${price.tokenClass}${price.tierFrom ? ` from ${price.tierFrom} tokens` : ''}: ${price.source}`],
  );
  return [`- ${id}: ${source}`, ...own];
}

function priceLines({ id, prices }: SeedModel): string[] {
  const tiers = [...new Set(prices.map(({ tierFrom = 0 }) => tierFrom))].sort((a, b) => a - b);
  return tiers.map((tier) => {
    const inTier = prices.filter(({ tierFrom = 0 }) => tierFrom === tier);
    const cells = COLUMNS.map((tokenClass) => priceCell(inTier, tokenClass));
    return `| ${id} | ${tier} | ${cells.join(' | ')} |`;
  });
}

const priceCell = (prices: readonly SeedPrice[], tokenClass: string): string =>
  prices.find((price) => price.tokenClass === tokenClass)?.unitPrice ?? '–';
