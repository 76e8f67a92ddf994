import type { SeedModel, SeedPrice } from './seed-model.js';

const SOURCE =
  'https://developers.openai.com/api/docs/pricing, as quoted by others on 2026-05-18 and 2026-06-19';

/** Reasoning models: no sampling parameters. */
const CAPABILITIES = [
  'seed',
  'tools',
  'response_format',
  'reasoning',
  'verbosity',
  'image_input',
  'document_input',
  'prompt_caching',
];

/**
 * Prompts above 272K tokens cost twice as much to read and one and a half times as much to answer: so third parties
 * have it for GPT-5.4 and 5.5; that it holds for 5.5 Pro is taken from 5.4 Pro.
 */
const LONG = {
  tierFrom: 272_001,
  source: 'illustrative: 2x input, 1.5x output above 272K tokens, as third-party price tables have it',
};

const GPT_5_5: SeedPrice[] = [
  { tokenClass: 'input', unitPrice: '5' },
  { tokenClass: 'cache_read', unitPrice: '0.50' },
  { tokenClass: 'output', unitPrice: '30' },
  { tokenClass: 'input', ...LONG, unitPrice: '10' },
  { tokenClass: 'cache_read', ...LONG, unitPrice: '1' },
  { tokenClass: 'output', ...LONG, unitPrice: '45' },
];

const GPT_5_4: SeedPrice[] = [
  { tokenClass: 'input', unitPrice: '2.50' },
  { tokenClass: 'cache_read', unitPrice: '0.25' },
  { tokenClass: 'output', unitPrice: '15' },
  { tokenClass: 'input', ...LONG, unitPrice: '5' },
  { tokenClass: 'cache_read', ...LONG, unitPrice: '0.50' },
  { tokenClass: 'output', ...LONG, unitPrice: '22.50' },
];

/** No price for cached input is published: a cached token costs what any other does. */
const GPT_5_5_PRO: SeedPrice[] = [
  { tokenClass: 'input', unitPrice: '30' },
  { tokenClass: 'output', unitPrice: '180' },
  { tokenClass: 'input', ...LONG, unitPrice: '60' },
  { tokenClass: 'output', ...LONG, unitPrice: '270' },
];

const model = (version: string, title: string, prices: SeedPrice[]): SeedModel => ({
  id: `openai/${version}`,
  name: title,
  aliases: [version],
  upstreamModel: version,
  contextWindow: 1_050_000,
  maxOutputTokens: 128_000,
  capabilities: CAPABILITIES,
  source: SOURCE,
  prices,
});

/** OpenAI's models. */
export const OPENAI_MODELS: readonly SeedModel[] = [
  model('gpt-5.5-pro', 'GPT-5.5 Pro', GPT_5_5_PRO),
  model('gpt-5.5', 'GPT-5.5', GPT_5_5),
  model('gpt-5.4', 'GPT-5.4', GPT_5_4),
];
