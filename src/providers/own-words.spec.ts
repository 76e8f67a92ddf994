import fc from 'fast-check';
import { PROTOCOLS } from '../protocols/registry.js';
import { ownWords } from './own-words.js';
import { upstreamFailure } from './upstream-failure.js';

const failureOfMessage = (status: number, message: string) =>
  PROTOCOLS.map(({ decodeError }) => {
    const text = JSON.stringify({ error: { message } });
    return upstreamFailure({ status, body: decodeError(text), headers: {}, text, nowMs: 0 });
  });

describe('what a caller wrote', () => {
  /** How vendors repeat it; the last name it without quotes. */
  const repeated: ((given: string) => string)[] = [
    (given) => `Invalid value: '${given}'. Supported values are: 'auto' and 'default'.`,
    (given) => `Invalid JSON payload received. Unknown name "${given}": Cannot find field.`,
    (given) => `unknown variant \`${given}\`, expected one of \`auto\`, \`none\``,
    (given) =>
      `messages.2: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${given}. Each \`tool_result\``,
    (given) => `The following tool_call_ids did not have response messages: ${given}`,
    (given) => `${given}: Extra inputs are not permitted`,
    (given) => `Unsupported MIME type: ${given}`,
    (given) => `Invalid request: tool_call_id ${given} is not found`,
  ];
  const phrase = fc.constantFrom(
    'insufficient_quota',
    'Your credit balance is too low to access the Anthropic API.',
    'API key not valid. Please pass a valid API key.',
    'The engine is currently overloaded',
    'The model m does not exist',
  );
  /** What could make a phrase look like the vendor's: marks around it, and so much behind it that the end is lost. */
  const given = fc
    .tuple(
      fc.string({ unit: fc.constantFrom('"', "'", '`', ':', ' ', '.', 'x'), maxLength: 8 }),
      phrase,
      fc.string({ unit: fc.constantFrom('"', "'", '`', ':', ' ', '.', 'x'), maxLength: 8 }),
      fc.constantFrom(0, 400),
    )
    .map(([before, words, after, padding]) => before + words + after + 'x'.repeat(padding));

  it.each([400, 422])(
    'never speaks for the vendor, its account or its models in a refusal (%i)',
    (status) => {
      fc.assert(
        fc.property(fc.constantFrom(...repeated), given, (repeat, words) => {
          for (const { cause } of failureOfMessage(status, repeat(words))) expect(cause).toBe('request');
        }),
        { numRuns: 2_000 },
      );
    },
  );
});

describe("a vendor's own words", () => {
  it.each([
    [400, 'The model `m` does not exist', 'model'],
    [400, "model 'm' not found", 'model'],
    [400, 'Incorrect API key provided: xa***ey. You can get one at the "console".', 'account'],
    [500, 'Error: insufficient balance', 'account'],
    [429, 'Error: insufficient balance', 'account'],
  ])('count (%i %s)', (status, message, cause) => {
    for (const failure of failureOfMessage(status, message)) expect(failure.cause).toBe(cause);
  });

  it('are its type and code in any case', () => {
    const body = { message: 'x'.repeat(300), type: 'a', code: 'insufficient_quota' };
    expect(ownWords(body, 400).trim()).toBe('a insufficient_quota');
    expect(upstreamFailure({ status: 400, body, headers: {}, nowMs: 0 }).cause).toBe('account');
  });
});
