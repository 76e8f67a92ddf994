/** Methods of Google's that a client of its stable version may name behind a model, whose own pages are read below /v1/models too. */
const STABLE_METHOD = /^\/v1\/models\/.+:(?:generateContent|streamGenerateContent|countTokens)$/;

/** Whether only Google's clients call here: below /v1beta, and at its methods below /v1, where @google/genai asks unless told otherwise. */
export const isGooglePath = (path: string): boolean =>
  path.startsWith('/v1beta/') || STABLE_METHOD.test(path);
