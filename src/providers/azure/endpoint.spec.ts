import { getAdapter } from '../registry.js';

const endpoint = (
  basePath: string,
  model: string,
  headers: Record<string, string> = {},
  path = '/chat/completions',
) => getAdapter('azure').endpoint?.({ path, model, basePath, headers });

describe('an Azure address', () => {
  it('names the deployment in the path and the version in the query', () => {
    expect(endpoint('/openai', 'my gpt/5')).toBe(
      '/deployments/my%20gpt%2F5/chat/completions?api-version=2024-10-21',
    );
  });

  it('has the version that the admin chose, which cannot break out of the query', () => {
    expect(endpoint('/openai', 'd', { 'api-version': '2025-04-01-preview' })).toMatch(
      /api-version=2025-04-01-preview$/,
    );
    expect(endpoint('/openai', 'd', { 'api-version': 'a&b=#c' })).toMatch(/api-version=a%26b%3D%23c$/);
  });

  it('is as at OpenAI below /openai/v1', () => {
    expect(endpoint('/openai/v1', 'd')).toBe('/chat/completions');
    expect(endpoint('/openai/v1', 'd', { 'api-version': 'preview' })).toBe(
      '/chat/completions?api-version=preview',
    );
  });

  it('of Responses has no deployment', () => {
    expect(endpoint('/openai', 'd', {}, '/responses')).toBe('/responses?api-version=2024-10-21');
  });
});
