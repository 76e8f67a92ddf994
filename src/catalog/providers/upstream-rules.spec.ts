import { judgeBaseUrl, judgeHeaders, judgePublicUrl, lowerCaseNames, trimBaseUrl } from './upstream-rules.js';

describe('judgeBaseUrl', () => {
  it.each(['https://api.openai.com/v1', 'http://10.0.0.1:8000', 'https://[2606:4700::1]/v1/'])(
    'takes %s',
    (url) => {
      expect(judgeBaseUrl(url)).toBeNull();
    },
  );

  it.each([
    '',
    7,
    null,
    'api.openai.com/v1',
    'ftp://api.openai.com',
    'file:///etc/passwd',
    'https://key@api.openai.com/v1',
    'https://a:b@api.openai.com/v1',
    'https://api.openai.com/v1?key=1',
    'https://api.openai.com/v1?',
    'https://api.openai.com/v1#x',
    'https://api.openai.com/ v1',
    'https://api.openai.com/\r\nx: y',
    `https://api.openai.com/${'a'.repeat(500)}`,
  ])('refuses %j', (url) => {
    expect(judgeBaseUrl(url)).toEqual(expect.any(String));
  });
});

describe('judgePublicUrl', () => {
  it.each(['https://api.openai.com/v1', 'https://8.8.8.8', 'https://172.32.0.1', 'https://[2606:4700::1]'])(
    'takes %s for public',
    (url) => expect(judgePublicUrl(url)).toBeNull(),
  );

  it.each([
    'http://api.openai.com/v1',
    'https://localhost/v1',
    'https://vllm:8000',
    'https://a.localhost',
    'https://llm.internal',
    'https://127.0.0.1',
    'https://0x7f.1',
    'https://2130706433',
    'https://0',
    'https://10.1.2.3',
    'https://172.16.0.1',
    'https://192.168.1.1',
    'https://169.254.169.254/latest',
    'https://100.64.0.1',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://[fd00::1]',
    'https://[fe80::1]',
    'https://[2001:db8::1]',
    'https://localhost.',
  ])('keeps %s behind allow_private_network', (url) => {
    expect(judgePublicUrl(url)).toEqual(expect.any(String));
  });
});

describe('judgeHeaders', () => {
  it('takes ordinary headers', () => {
    expect(judgeHeaders({ 'OpenAI-Organization': 'org-1', 'x-title': 'Faregate' })).toBeNull();
    expect(lowerCaseNames({ 'X-Title': 'a' })).toEqual({ 'x-title': 'a' });
  });

  it.each([
    [{ Authorization: 'Bearer x' }],
    [{ Host: 'evil.example' }],
    [{ 'Transfer-Encoding': 'chunked' }],
    [{ 'content-length': '0' }],
    [{ 'proxy-authorization': 'x' }],
    [{ 'X-API-Key': 'x' }],
    [{ 'a b': 'x' }],
    [{ 'a:b': 'x' }],
    [{ 'x-a': 'one\r\nx-b: two' }],
    [{ 'x-a': 'é' }],
    [{ 'x-a': '1', 'X-A': '2' }],
    [{ 'x-a': 1 }],
    [[]],
    ['x'],
    [null],
  ])('refuses %j', (headers) => {
    expect(judgeHeaders(headers)).toEqual(expect.any(String));
  });
});

it('keeps a base URL without the slashes at its end', () => {
  expect(trimBaseUrl('https://API.example.com/v1//')).toBe('https://api.example.com/v1');
  expect(trimBaseUrl('http://127.0.0.1:80')).toBe('http://127.0.0.1');
});
