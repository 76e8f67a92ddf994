import { readLineItem } from './read-openai.js';
import { readStatement } from './read-statement.js';
import { StatementError } from './statement.js';

const openaiBucket = (results: object[]) => ({
  object: 'bucket',
  start_time: 1_793_491_200, // 2026-11-01
  end_time: 1_793_577_600,
  results,
});
const openai = (results: object[]) =>
  JSON.stringify({ object: 'page', data: [openaiBucket(results)], has_more: false, next_page: null });

describe("OpenAI's reports", () => {
  it('divides input into plain, cached and written tokens, and takes costs digit by digit', () => {
    const usage = {
      object: 'organization.usage.completions.result',
      input_tokens: 1000,
      output_tokens: 500,
      input_cached_tokens: 800,
      input_cache_write_tokens: 50,
      num_model_requests: 5,
      model: 'gpt-5.5-2026-04-23',
    };
    const text = openai([usage]).replace(
      '}]}',
      '},{"object":"organization.costs.result","amount":{"value":0.123456789123,"currency":"usd"},"line_item":"gpt-5.5-2026-04-23, cached input"}]}',
    );
    const { lines, currency, firstDay, lastDay } = readStatement('openai', text);
    expect([currency, firstDay, lastDay]).toEqual(['USD', '2026-11-01', '2026-11-01']);
    expect(lines.map(({ tokenClass, quantity, costNano }) => [tokenClass, quantity, costNano])).toEqual([
      ['input', 150n, null],
      ['cache_read', 800n, null],
      ['cache_write_5m', 50n, null],
      ['output', 500n, null],
      ['cache_read', null, 123_456_789n],
    ]);
  });

  it.each([
    ['gpt-5.5-2026-04-23, input', 'gpt-5.5-2026-04-23', 'input'],
    ['priority | gpt-5.6-sol, output, long context', 'gpt-5.6-sol', 'output'],
    ['gpt-image-2.5-sunburst text, cached input', 'gpt-image-2.5-sunburst', 'cache_read'],
    ['web search tool calls', 'web search tool calls', 'search'],
    ['Vector storage', 'Vector storage', null],
    [null, null, null],
  ])('reads the line item %s', (item, model, tokenClass) => {
    expect(readLineItem(item)).toEqual({ model, tokenClass });
  });
});

describe("Anthropic's reports", () => {
  const page = (results: object[]) =>
    JSON.stringify({
      data: [{ starting_at: '2026-11-01T00:00:00Z', ending_at: '2026-11-02T00:00:00Z', results }],
      has_more: false,
      next_page: null,
    });

  it('reads usage by class and cents with their fractions', () => {
    const usage = {
      uncached_input_tokens: 1500,
      cache_creation: { ephemeral_1h_input_tokens: 1000, ephemeral_5m_input_tokens: 500 },
      cache_read_input_tokens: 200,
      output_tokens: 500,
      server_tool_use: { web_search_requests: 10 },
      model: 'claude-opus-4-8',
    };
    const cost = {
      amount: '123.45678',
      currency: 'USD',
      cost_type: 'tokens',
      model: 'claude-opus-4-8',
      token_type: 'cache_creation.ephemeral_1h_input_tokens',
    };
    const { lines } = readStatement('anthropic', page([usage, cost]));
    expect(
      lines.map(({ tokenClass, quantity, costNano, roundingNano }) => [
        tokenClass,
        quantity,
        costNano,
        roundingNano,
      ]),
    ).toEqual([
      ['input', 1500n, null, 0n],
      ['cache_read', 200n, null, 0n],
      ['cache_write_5m', 500n, null, 0n],
      ['cache_write_1h', 1000n, null, 0n],
      ['output', 500n, null, 0n],
      ['search', 10n, null, 0n],
      ['cache_write_1h', null, 1_234_567_800n, 50n],
    ]);
  });
});

describe('CSV statements', () => {
  it('reads quoted cells, times with an offset and credits', () => {
    const text =
      '\uFEFFday,request_id,model,token_class,quantity,cost,currency,note\r\n' +
      '2026-11-02T00:30:00+01:00,"req,1",m,output,7,0.25,USD,"a ""b""\nc"\r\n2026-11-02,,m,,,-1,USD,\r\n';
    const { lines } = readStatement('csv', text);
    expect(lines).toEqual([
      {
        day: '2026-11-01',
        ref: 'req,1',
        model: 'm',
        tokenClass: 'output',
        quantity: 7n,
        costNano: 250_000_000n,
        roundingNano: 5_000_000n,
      },
      {
        day: '2026-11-02',
        ref: null,
        model: 'm',
        tokenClass: null,
        quantity: null,
        costNano: -1_000_000_000n,
        roundingNano: 5_000_000n,
      },
    ]);
  });

  it.each([
    ['', 'must name the column day'],
    ['day,model\n', 'must name quantity or cost'],
    ['day,day,cost\n', 'names day twice'],
    ['day,quantity\n', 'there are no lines'],
    ['day,quantity\n2026-11-31,1', 'line 2: day is no day of the calendar'],
    ['day,quantity\n0000-01-01,1', 'line 2: day must lie in the years 2000 to 2999'],
    ['day,quantity\n1999-12-31,1', 'line 2: day must lie in the years 2000 to 2999'],
    ['day,quantity\n9999-12-31,1', 'line 2: day must lie in the years 2000 to 2999'],
    ['day,quantity\n9999-12-31T23:59:59-23:59,1', 'line 2: day must lie in the years 2000 to 2999'],
    ['day,quantity\n2026-11-01,-1', 'line 2: quantity must be a whole number'],
    ['day,quantity\n2026-11-01,1e3', 'line 2: quantity must be a whole number'],
    ['day,cost\n2026-11-01,1', 'line 2: currency must be'],
    ['day,cost,currency\n2026-11-01,1,USD\n2026-11-01,1,EUR', 'has one currency'],
    ['day,quantity,token_class\n2026-11-01,1,words', 'line 2: token_class must be one of'],
    ['day,quantity\n2026-11-01,"1', 'line 2: a quote is not closed'],
    ['day,quantity\n2026-11-01,1,2', 'line 2: has another number of cells'],
    ['day,cost,currency\n2026-11-01,99999999999999,USD', 'line 2: "99999999999999" is too large'],
  ])('refuses %j', (text, message) => {
    expect(() => readStatement('csv', text)).toThrow(StatementError);
    expect(() => readStatement('csv', text)).toThrow(message);
  });
});

it.each([
  ['openai', '{', 'not JSON'],
  ['openai', '{"data":[],"has_more":true}', 'next pages'],
  [
    'openai',
    openai([{ object: 'organization.usage.completions.result', input_tokens: 1 }]),
    'grouped by model',
  ],
  ['anthropic', '[]', 'list of pages'],
  ['openai', openai([]).replaceAll(/179\d{7}/g, '$&0000000'), 'a bucket must lie in the years 2000 to 2999'],
] as const)('refuses a %s report that is not whole: %s', (format, text, message) => {
  expect(() => readStatement(format, text)).toThrow(message);
});
