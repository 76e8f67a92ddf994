import { codesOf, isSpace, skipSpace, stringEnd } from '../core/json-text.js';

/**
 * Changes top-level members of a JSON object in its own text, so that everything else stays byte for byte:
 * unknown fields, key order, number spelling. The text must already have passed JSON.parse as an object.
 */

/** What is to change in an object; everything else keeps its bytes. */
export interface MemberChanges {
  /** Members to set, as JSON text by name. Those not present are put first. */
  set?: Readonly<Record<string, string>>;
  /** Members to drop; one that is also set is set. */
  remove?: readonly string[];
}

/** A member of the object, by its places in the text. */
interface Member {
  start: number;
  valueStart: number;
  /** Behind its last character. */
  end: number;
}

const QUOTE = 34;
const COMMA = 44;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;

/** Index after the value that starts at `start`. */
function valueEnd(text: string, codes: Uint16Array, start: number): number {
  if (codes[start] === QUOTE) return stringEnd(text, codes, start);
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = codes[at];
    if (code === QUOTE) at = stringEnd(text, codes, at) - 1;
    else if (code === 123 || code === 91) depth += 1;
    else if (code === 125 || code === 93) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (code === COMMA || isSpace(code))) return at;
  }
  return text.length;
}

/** The name of the member whose key literal stands at these places, escapes read. */
function memberName(text: string, keyStart: number, keyEnd: number): string {
  const name = text.slice(keyStart + 1, keyEnd - 1);
  return name.includes('\\') ? (JSON.parse(text.slice(keyStart, keyEnd)) as string) : name;
}

/** The members by name: of one that stands twice the last copy, in the place of the first. */
function membersOf(text: string): Map<string, Member> {
  const codes = codesOf(text);
  const members = new Map<string, Member>();
  let at = skipSpace(codes, skipSpace(codes, 0) + 1);
  while (codes[at] === QUOTE) {
    const keyEnd = stringEnd(text, codes, at);
    const valueStart = skipSpace(codes, skipSpace(codes, keyEnd) + 1);
    const end = valueEnd(text, codes, valueStart);
    members.set(memberName(text, at, keyEnd), { start: at, valueStart, end });
    at = skipSpace(codes, end);
    if (codes[at] !== COMMA) break;
    at = skipSpace(codes, at + 1);
  }
  return members;
}

/** The text of a JSON object, looked through once, for several questions or for a splice inside a splice. */
export class ObjectText {
  private readonly members: Map<string, Member>;

  /** `text` must already have passed JSON.parse as an object. */
  constructor(private readonly text: string) {
    this.members = membersOf(text);
  }

  /** The text of one member's value (the last copy, as JSON.parse reads it); undefined without one. */
  valueText(name: string): string | undefined {
    const member = this.members.get(name);
    return member && this.text.slice(member.valueStart, member.end);
  }

  /**
   * The text with the changes. Of a member that stands twice only the last copy stays, which is the one JSON.parse reads:
   * what was checked is what is sent.
   */
  spliced({ set = {}, remove = [] }: MemberChanges): string {
    const { text, members } = this;
    const names = Object.keys(set);
    let spliced = '';
    for (const name of names) if (!members.has(name)) spliced += `,${JSON.stringify(name)}:${set[name]}`;
    for (const [name, { start, valueStart, end }] of members) {
      if (names.includes(name)) spliced += `,${text.slice(start, valueStart)}${set[name]}`;
      else if (!remove.includes(name)) spliced += `,${text.slice(start, end)}`;
    }
    return `{${spliced.slice(1)}}`;
  }
}

/** The object's text with the changes, as ObjectText makes them. */
export const spliceMembers = (text: string, changes: MemberChanges): string =>
  new ObjectText(text).spliced(changes);

/** The texts of the items of a JSON array, in order; none when the text is no array. */
export function itemTexts(text: string): string[] {
  const codes = codesOf(text);
  const items: string[] = [];
  let at = skipSpace(codes, 0);
  if (codes[at] !== OPEN_LIST) return items;
  at = skipSpace(codes, at + 1);
  while (at < text.length && codes[at] !== CLOSE_LIST) {
    const end = valueEnd(text, codes, at);
    items.push(text.slice(at, end));
    at = skipSpace(codes, end);
    if (codes[at] === COMMA) at = skipSpace(codes, at + 1);
  }
  return items;
}
