import { asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';

/**
 * A cited URL with title and place, which strict readers cannot do without and xAI leaves out: its address, and the text so
 * far. The very same value when nothing is missing, or when it is no cited URL.
 */
export function completeAnnotation(annotation: JsonValue, textLength: number): JsonValue {
  if (!isObject(annotation) || annotation['type'] !== 'url_citation' || isObject(annotation['url_citation']))
    return annotation;
  const { title, start_index: start, end_index: end, url } = annotation;
  if (typeof title === 'string' && typeof start === 'number' && typeof end === 'number') return annotation;
  return {
    ...annotation,
    title: title ?? url ?? '',
    start_index: start ?? 0,
    end_index: end ?? textLength,
  };
}

/** A citation of the inner language from an annotation: a cited URL takes Chat's form, anything else stays. */
export function decodeAnnotation(given: JsonValue, textLength: number): JsonValue {
  const annotation = completeAnnotation(given, textLength);
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
