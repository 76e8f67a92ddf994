import type { JsonObject } from '../../core/json.js';
import { asArray, asString, isObject } from '../../core/json.js';
import { plainReasoning } from './reasoning.js';

const OPENING = '<think>';
const CLOSING = '</think>';

/** A text taken apart. */
interface SplitText {
  reasoning: string;
  text: string;
}

/** Length of the longest end of a text that a tag may begin with. */
function openEnd(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}

/**
 * Takes the reasoning out of a text that begins with `<think>` (row 75). Tags may be cut anywhere; what may still turn
 * out to be one is held back. A tag later in the text is the model's own words and stays.
 */
export class ThinkTags {
  private state: 'start' | 'thinking' | 'gap' | 'text' = 'start';
  private held = '';

  /** Whether the rest of the text can only be text. */
  get isOver(): boolean {
    return this.state === 'text' && this.held === '';
  }

  push(piece: string): SplitText {
    const split: SplitText = { reasoning: '', text: '' };
    this.held += piece;
    if (this.state === 'start') this.begin();
    if (this.state === 'thinking') this.think(split);
    if (this.state === 'gap') this.skipGap();
    if (this.state === 'text') split.text = this.take();
    return split;
  }

  /** No more text comes: what was held back was no tag. */
  end(): SplitText {
    const isReasoning = this.state === 'thinking';
    const rest = this.state === 'gap' ? '' : this.take();
    this.state = 'text';
    return isReasoning ? { reasoning: rest, text: '' } : { reasoning: '', text: rest };
  }

  private take(length = this.held.length): string {
    const taken = this.held.slice(0, length);
    this.held = this.held.slice(length);
    return taken;
  }

  private begin(): void {
    const text = this.held.trimStart();
    if (text.startsWith(OPENING)) {
      this.held = text.slice(OPENING.length).replace(/^\n/, '');
      this.state = 'thinking';
    } else if (!OPENING.startsWith(text)) this.state = 'text';
  }

  private think(split: SplitText): void {
    const closing = this.held.indexOf(CLOSING);
    if (closing === -1) {
      split.reasoning = this.take(this.held.length - openEnd(this.held, CLOSING));
      return;
    }
    split.reasoning = this.take(closing);
    this.take(CLOSING.length);
    this.state = 'gap';
  }

  /** The blank lines between reasoning and answer belong to neither. */
  private skipGap(): void {
    this.held = this.held.replace(/^\n+/, '');
    if (this.held !== '') this.state = 'text';
  }
}

const indexOf = (choice: JsonObject): number => (typeof choice['index'] === 'number' ? choice['index'] : 0);

/** The same for the chunks of a stream: reasoning moves from `content` to `reasoning`. One instance per stream. */
export class ThinkTagFilter {
  private readonly choices = new Map<number, ThinkTags>();

  /** The chunk itself when nothing of it changes. */
  apply(chunk: JsonObject): JsonObject {
    let isChanged = false;
    const choices = asArray(chunk['choices']).map((choice) => {
      const changed = isObject(choice) ? this.choice(choice) : undefined;
      isChanged ||= changed !== undefined;
      return changed ?? choice;
    });
    return isChanged ? { ...chunk, choices } : chunk;
  }

  /** A chunk of what is still held back; undefined when that is nothing. */
  flush(): JsonObject | undefined {
    const choices = [...this.choices].flatMap(([index, tags]) => {
      const { reasoning, text } = tags.end();
      if (reasoning === '' && text === '') return [];
      return [{ index, delta: { content: text, ...(reasoning === '' ? {} : { reasoning }) } }];
    });
    return choices.length === 0 ? undefined : { choices };
  }

  private choice(choice: JsonObject): JsonObject | undefined {
    const delta = choice['delta'];
    const given = isObject(delta) ? delta : {};
    const tags = this.tagsOf(indexOf(choice), given);
    if (tags.isOver) return undefined;
    const content = asString(given['content']) ?? '';
    const split = tags.push(content);
    if (choice['finish_reason'] || given['tool_calls']) {
      const rest = tags.end();
      split.reasoning += rest.reasoning;
      split.text += rest.text;
    }
    if (split.reasoning === '' && split.text === content) return undefined;
    const { reasoning } = split;
    return {
      ...choice,
      delta: { ...given, content: split.text, ...(reasoning === '' ? {} : { reasoning }) },
    };
  }

  /** A vendor that gives reasoning apart writes no tags. */
  private tagsOf(index: number, delta: JsonObject): ThinkTags {
    const known = this.choices.get(index) ?? new ThinkTags();
    this.choices.set(index, known);
    if (plainReasoning(delta) !== '' || asArray(delta['reasoning_details']).length > 0) known.end();
    return known;
  }
}

/** A whole answer with the reasoning of its texts moved to `reasoning`; the body itself when there is none. */
export function withoutThinkTags(body: JsonObject): JsonObject {
  const choices = asArray(body['choices']).map((choice) => {
    const message = isObject(choice) ? choice['message'] : undefined;
    if (!isObject(choice) || !isObject(message) || plainReasoning(message) !== '') return choice;
    const content = asString(message['content']);
    if (content === undefined || asArray(message['reasoning_details']).length > 0) return choice;
    const tags = new ThinkTags();
    const split = tags.push(content);
    const rest = tags.end();
    const reasoning = split.reasoning + rest.reasoning;
    if (reasoning === '' && split.text + rest.text === content) return choice;
    return { ...choice, message: { ...message, content: split.text + rest.text, reasoning } };
  });
  return choices.every((choice, index) => choice === asArray(body['choices'])[index])
    ? body
    : { ...body, choices };
}
