import { quirksOf } from '../provider.js';
import { anthropic } from './provider.js';

describe("Anthropic's models", () => {
  it.each([
    ['claude-3-7-sonnet-20250219', false, 'budget'],
    ['claude-sonnet-4-20250514', false, 'budget'],
    ['claude-opus-4-1', false, 'budget'],
    ['claude-haiku-4-5', false, 'budget'],
    ['claude-sonnet-4-6', false, 'both'],
    ['claude-opus-4-7', false, 'adaptive'],
    ['claude-opus-4-8', undefined, 'adaptive'],
    ['claude-sonnet-5', undefined, 'adaptive'],
    ['claude-fable-5-1', undefined, 'adaptive'],
  ])('rows 2 and 35: %s takes system turns: %s, and thinks: %s', (model, systemTurns, thinking) => {
    const quirks = quirksOf(anthropic, model);
    expect([quirks.systemTurns, quirks.thinking]).toEqual([systemTurns, thinking]);
  });
});
