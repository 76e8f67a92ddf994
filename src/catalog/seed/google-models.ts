import type { SeedModel, SeedPrice } from './seed-model.js';

const SOURCE =
  'https://ai.google.dev/gemini-api/docs/pricing, as quoted by others from 2026-03-28 to 2026-10-07';

const CAPABILITIES = [
  'temperature',
  'top_p',
  'stop',
  'seed',
  'tools',
  'response_format',
  'reasoning',
  'image_input',
  'document_input',
  'audio_input',
];

/** Prompts above 200k tokens; the Pro model alone has such a tier. */
const LONG = { tierFrom: 200_001 };

/** A tenth of the input price, as for the models whose cache price was quoted. */
const CACHE_SOURCE = 'illustrative: a tenth of the input price';

const flat = (input: string, cacheRead: string, output: string): SeedPrice[] => [
  { tokenClass: 'input', unitPrice: input },
  { tokenClass: 'cache_read', unitPrice: cacheRead, source: CACHE_SOURCE },
  { tokenClass: 'output', unitPrice: output },
];

const PRO: SeedPrice[] = [
  ...flat('2', '0.20', '12'),
  { tokenClass: 'input', ...LONG, unitPrice: '4' },
  { tokenClass: 'cache_read', ...LONG, unitPrice: '0.40', source: CACHE_SOURCE },
  { tokenClass: 'output', ...LONG, unitPrice: '18' },
];

const model = (version: string, title: string, prices: SeedPrice[]): SeedModel => ({
  id: `google/${version}`,
  name: title,
  aliases: [version],
  upstreamModel: version,
  contextWindow: 1_048_576,
  maxOutputTokens: 65_536,
  capabilities: CAPABILITIES,
  source: SOURCE,
  prices,
});

/** Google's models, at the price of text and images. Thinking is output. */
export const GOOGLE_MODELS: readonly SeedModel[] = [
  model('gemini-3.5-flash', 'Gemini 3.5 Flash', flat('1.50', '0.15', '9')),
  model('gemini-3.1-pro-preview', 'Gemini 3.1 Pro Preview', PRO),
  model('gemini-3.1-flash-lite', 'Gemini 3.1 Flash-Lite', flat('0.25', '0.025', '1.50')),
  model('gemini-3-flash-preview', 'Gemini 3 Flash Preview', flat('0.50', '0.05', '3')),
];
