import { asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';

/** A citation of the inner language from an annotation: a cited URL takes Chat's form, anything else stays. */
export function decodeAnnotation(annotation: JsonValue): JsonValue {
  if (!isObject(annotation) || annotation['type'] !== 'url_citation' || isObject(annotation['url_citation']))
    return annotation;
  const { type, ...citation } = annotation;
  return { type, url_citation: citation };
}

/** A citation as an annotation of the text it stands in; undefined for one that this protocol cannot say. */
export function encodeAnnotation(citation: JsonValue, textLength: number): JsonObject | undefined {
  if (!isObject(citation)) return undefined;
  const cited = citation['url_citation'];
  if (isObject(cited)) return { type: 'url_citation', ...cited };
  const type = asString(citation['type']);
  if (type === 'file_citation' || type === 'file_path' || type === 'container_file_citation') return citation;
  const url = asString(citation['url']);
  if (url === undefined) return undefined;
  const title = asString(citation['title']) ?? '';
  return { type: 'url_citation', url, title, start_index: 0, end_index: textLength };
}
