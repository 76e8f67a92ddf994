import { ObjectText } from '../json-splice.js';
import type { JsonObject } from '../../core/json.js';
import type { EncodeTarget } from '../protocol.js';
import { passthrough } from './passthrough.js';
import { decodeRequest } from './request-decode.js';

const changes = (body: JsonObject, to: Partial<EncodeTarget> = {}) => {
  const target = { upstreamModel: 'gpt-5.4', quirks: {}, issuer: 'openai', ...to };
  const whole = { model: 'm', input: 'hi', ...body };
  return passthrough.requestChanges(decodeRequest(whole), target, new ObjectText(JSON.stringify(whole)));
};
const reasoning = (encrypted_content: string | null, id = 'rs_1') => ({
  type: 'reasoning',
  id,
  summary: [],
  encrypted_content,
});

describe('Responses to Responses', () => {
  it('changes no more of the request than it must: nothing is stored, reasoning is encrypted', () => {
    expect(changes({ store: true, include: ['file_search_call.results'] }).set).toEqual({
      model: '"gpt-5.4"',
      store: 'false',
      include: '["file_search_call.results","reasoning.encrypted_content"]',
    });
    expect(changes({}, { upstreamModel: 'gpt-4.1' }).remove).toContain('include');
    expect(changes({}).remove).toContain('previous_response_id');
  });

  it('row 42: takes out reasoning of others, and gives a vendor its own back as it was', () => {
    const user = { role: 'user', content: 'hi' };
    const input = [user, reasoning('gAAA'), reasoning('xai:rs_7:abc', 'rs_2'), reasoning(null, 'rs_3')];
    const own = changes({ input });
    expect(JSON.parse(own.set['input'] ?? '')).toEqual([user, reasoning('gAAA')]);
    expect(own.warnings).toEqual([expect.stringMatching(/^input\.reasoning/)]);
    const theirs = changes({ input }, { issuer: 'xai' });
    expect(JSON.parse(theirs.set['input'] ?? '')).toEqual([
      user,
      reasoning('abc', 'rs_7'),
      reasoning(null, 'rs_3'),
    ]);
    expect(changes({ input: [user, reasoning('gAAA')] }).set['input']).toBeUndefined();
  });

  it('keeps namespaces and custom tools as the caller declared them', () => {
    const tools = [
      { type: 'namespace', name: 'ns', description: 'd', tools: [{ type: 'custom', name: 'c' }] },
    ];
    expect(changes({ tools }).set['tools']).toBeUndefined();
  });

  it('refuses to read what is no answer', () => {
    const identity = { id: 'resp_1', createdAt: 1, model: 'm', profile: 'octen' as const, warnings: [] };
    const read = (text: string) => passthrough.response(text, { ...identity, costOf: () => undefined }, {});
    for (const text of ['<html>', '{}', '{"status":"failed","output":[]}', '{"error":{"message":"x"}}'])
      expect(() => read(text)).toThrow(expect.objectContaining({ kind: 'upstream' }));
  });
});
