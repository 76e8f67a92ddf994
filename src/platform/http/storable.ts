import { invalidRequest } from '../../core/errors.js';

/** Deeper JSON than any resource has; also what keeps a hostile body from exhausting the stack. */
const MAX_DEPTH = 16;

/** True when PostgreSQL can keep the text: no NUL, no half of a surrogate pair. */
export const isStorableText = (text: string): boolean => !text.includes('\0') && !/\p{Surrogate}/u.test(text);

/**
 * Refuses a body that no column could keep, before anything looks at its fields.
 * Throws invalid_request naming the path of the first fault.
 */
export function assertStorable(value: unknown, path = '', depth = 0): void {
  if (typeof value === 'string' && !isStorableText(value)) {
    throw invalidRequest(
      `${path || 'the body'} must not contain NUL or broken characters`,
      path || undefined,
    );
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) throw invalidRequest(`${path} is nested too deeply`, path.slice(0, 100));
  for (const [key, member] of Object.entries(value)) {
    const at = path ? `${path}.${key}` : key;
    if (!isStorableText(key)) throw invalidRequest('A field name contains NUL or broken characters.');
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
      throw invalidRequest(`Unknown field "${at}".`, at);
    }
    assertStorable(member, at, depth + 1);
  }
}
