import { listOf, objectOf, text, whole, word } from '../../platform/http/openapi-schema.js';

/** A run of the books checks, as documented; showAudit makes it. */
export const AUDIT = {
  object: word('audit'),
  violations: { ...whole, description: 'Of all checks together.' },
  checks: listOf(
    objectOf({
      id: { ...text, example: 'F01' },
      title: text,
      violations: whole,
      sample: { ...listOf(text), description: 'Ids of at most five of them.' },
    }),
  ),
};
