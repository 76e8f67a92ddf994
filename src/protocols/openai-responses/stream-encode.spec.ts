import { responsesEvents, responsesStreamFaults } from '../../../test/support/responses-order.js';
import { encodeStream, testIdentity } from '../../../test/support/protocol-laws.js';
import { asObject, type JsonObject } from '../../core/json.js';
import type { CompletionEvent, ContentPart, FinishReason } from '../completion.js';
import { openaiResponses } from './index.js';

const identity = testIdentity({ id: 'resp_01abcdefgh' });
const usage = { input: { noCache: 2 }, output: { total: 3 } };
const signature = { issuer: 'google', value: 'c2ln' };
const text: ContentPart = { type: 'text', text: 'Let me see.' };
const call = (id: string, sealed?: typeof signature): ContentPart => ({
  type: 'tool-call',
  id,
  name: 'f',
  arguments: '{"a": "unf',
  signature: sealed,
});

/** The answer as a stream whose blocks have all ended before its finish is told. */
function eventsOf(content: readonly ContentPart[], reason: FinishReason): CompletionEvent[] {
  const blocks = content.flatMap((part, block): CompletionEvent[] => {
    if (part.type === 'text')
      return [
        { type: 'text-start', block },
        { type: 'text-delta', block, text: part.text },
        { type: 'text-end', block },
      ];
    if (part.type !== 'tool-call') return [];
    return [
      { type: 'tool-start', block, id: part.id, name: part.name },
      { type: 'tool-delta', block, text: part.arguments },
      { type: 'tool-end', block, signature: part.signature },
    ];
  });
  return [...blocks, { type: 'usage', usage }, { type: 'finish', reason }];
}

describe('the items of a Responses stream', () => {
  const reasons = ['stop', 'tool-calls', 'length', 'content-filter'] as const;
  const answers: readonly (readonly [string, ContentPart[]])[] = [
    ['a text', [text]],
    ['a call', [text, call('c1')]],
    ['parallel calls', [call('c1'), call('c2')]],
    ['a signed call', [call('c1', signature)]],
  ];

  it.each(answers)(
    'rows 53 and 74: the end of %s is complete or cut as in a whole answer, and what came before it is complete',
    (_name, content) => {
      for (const reason of reasons) {
        const sent = encodeStream(openaiResponses, eventsOf(content, reason), identity);
        expect(responsesStreamFaults(sent)).toEqual([]);
        const result = { choices: [{ content, finishReason: reason }], usage };
        const { output } = openaiResponses.encodeResponse(result, identity);
        const events = responsesEvents(sent);
        const done = events.filter(({ type }) => type === 'response.output_item.done');
        expect(done.map(({ item }) => item)).toEqual(output);
        expect(asObject(events.at(-1)?.['response'])?.['output']).toEqual(output);
      }
    },
  );

  it('an item is done as soon as the next begins', () => {
    const begun = eventsOf([text, call('c1')], 'tool-calls').slice(0, 4);
    const encoder = openaiResponses.streamEncoder(identity);
    const types = responsesEvents(begun.map((event) => encoder.push(event)).join('')).map(typeOf);
    expect(types.slice(-2)).toEqual(['response.output_item.done', 'response.output_item.added']);
  });

  const typeOf = (event: JsonObject): unknown => event['type'];
});
