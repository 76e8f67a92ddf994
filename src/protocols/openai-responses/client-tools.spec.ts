import { ClientTools, flatName } from './client-tools.js';

const tools = [
  { type: 'function', name: 'run' },
  { type: 'custom', name: 'patch' },
  { type: 'namespace', name: 'crew', tools: [{ type: 'function', name: 'run' }] },
  { type: 'web_search' },
];

describe('row 50: tools of the Responses API under flat names', () => {
  it('tells a call in the words in which the client declared the tool', () => {
    const known = new ClientTools(tools);
    expect(known.wire('run')).toEqual({ name: 'run', namespace: undefined, custom: false });
    expect(known.wire('patch')).toMatchObject({ name: 'patch', custom: true });
    expect(known.wire('crew__run')).toEqual({ name: 'run', namespace: 'crew', custom: false });
    expect(known.wire('unknown')).toEqual({ name: 'unknown', custom: false });
  });

  it('row 12: makes names that every vendor takes, and never one of two', () => {
    const long = flatName('n'.repeat(70), 'ns');
    expect(long).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(flatName('a.b', 'ns')).not.toBe(flatName('a:b', 'ns'));
    expect(long).not.toBe(flatName('n'.repeat(71), 'ns'));
  });
});
