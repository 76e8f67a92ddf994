import { isGooglePath } from './google-paths.js';

describe('isGooglePath', () => {
  it.each([
    '/v1beta/models/google/gemini-3.5-flash:generateContent',
    '/v1beta/anything',
    '/v1/models/gemini-3.5-flash:generateContent',
    '/v1/models/deepseek/deepseek-r1:free:streamGenerateContent',
    '/v1/models/openai/gpt-5.5:countTokens',
  ])("%s is Google's", (path) => expect(isGooglePath(path)).toBe(true));

  it.each([
    '/v1beta',
    '/v1/models',
    '/v1/models/deepseek/deepseek-r1:free',
    '/v1/models/x:generateContent/y',
    '/v1/chat/completions:generateContent',
    '/v1/models/:generateContent',
  ])('%s is not', (path) => expect(isGooglePath(path)).toBe(false));
});
