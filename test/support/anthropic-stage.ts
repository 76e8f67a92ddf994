import type Anthropic from '@anthropic-ai/sdk';
import type { ChargeWatch } from './charges.js';
import type { TestGateway } from './gateway.js';

/** What the cases work with; its members are set before the first case. */
export interface Stage {
  gateway: TestGateway;
  client: Anthropic;
  watch: ChargeWatch;
}

/** A Messages request. */
export type Params = Anthropic.MessageCreateParamsNonStreaming;

/** One user turn to a model. */
export const ask = (
  model: string,
  content: Anthropic.MessageParam['content'],
  more: Partial<Params> = {},
): Params => ({ model, max_tokens: 2_000, messages: [{ role: 'user', content }], ...more });
