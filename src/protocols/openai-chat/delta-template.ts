import { asArray, asObject, tryParseJson } from '../../core/json.js';
import { spliceMembers, type MemberChanges } from '../json-splice.js';
import { dataEvent } from '../sse.js';

/** Stands for the text while a template is made; no vendor writes it. */
const MARK = '\u2402faregate\u2403';
/** A quote could end the literal, a raw control character is not JSON: such a chunk is read as a whole. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /["\u0000-\u001f]/;
const CONTENT_KEY = '"content":"';
/** A vendor whose chunks differ in more than their text (random padding) is not tried again and again. */
const MAX_MISSES = 4;

interface Template {
  /** The upstream's data before and after the content's literal. */
  prefix: string;
  suffix: string;
  /** The client's frame around it, changes spliced in. */
  sentPrefix: string;
  sentSuffix: string;
}

/**
 * Content chunks of one stream mostly differ in their text alone. Once one of them has been read and spliced, those
 * with the same characters around their text need no parsing: what stands between can only be a string literal as
 * long as it holds no quote.
 */
export class DeltaTemplate {
  private template: Template | undefined;
  private misses = 0;

  constructor(private readonly changes: MemberChanges) {}

  /** The text of a chunk that fits and its frame for the client; undefined: read the chunk as a whole. */
  match(data: string): { text: string; sent: string } | undefined {
    const { template } = this;
    if (!template) return undefined;
    const start = template.prefix.length;
    const end = data.length - template.suffix.length;
    // Cut and compared: startsWith and endsWith take four times as long.
    if (end < start || data.slice(0, start) !== template.prefix || data.slice(end) !== template.suffix)
      return undefined;
    const literal = data.slice(start, end);
    if (UNSAFE.test(literal)) return undefined;
    const text = literal.includes('\\') ? tryParseJson(`"${literal}"`) : literal;
    if (typeof text !== 'string' || text === '') return undefined;
    this.misses = 0;
    return { text, sent: template.sentPrefix + literal + template.sentSuffix };
  }

  /**
   * Learns from a content chunk that was read as a whole; `text` is all that its delta carries. Answers with the chunk's frame
   * for the client; undefined when nothing could be learnt.
   */
  learn(data: string, text: string): string | undefined {
    if (this.misses >= MAX_MISSES) return undefined;
    this.misses += 1;
    const start = data.indexOf(CONTENT_KEY) + CONTENT_KEY.length;
    const literal = JSON.stringify(text).slice(1, -1);
    if (start < CONTENT_KEY.length || !data.startsWith(`${literal}"`, start)) return undefined;
    const prefix = data.slice(0, start);
    const suffix = data.slice(start + literal.length);
    const marked = prefix + MARK + suffix;
    if (contentOf(marked) !== MARK) return undefined;
    const frame = dataEvent(spliceMembers(marked, this.changes));
    const [sentPrefix, sentSuffix, more] = frame.split(MARK);
    if (sentPrefix === undefined || sentSuffix === undefined || more !== undefined) return undefined;
    this.template = { prefix, suffix, sentPrefix, sentSuffix };
    return sentPrefix + literal + sentSuffix;
  }
}

/** The content of a chunk's only choice; undefined when its delta carries anything else. */
function contentOf(data: string): unknown {
  const choices = asArray(asObject(tryParseJson(data))?.['choices']);
  const delta = choices.length === 1 ? asObject(asObject(choices[0])?.['delta']) : undefined;
  return delta && Object.keys(delta).length === 1 ? delta['content'] : undefined;
}
