/**
 * Changes top-level members of a JSON object in its own text, so that everything else stays byte for byte:
 * unknown fields, key order, number spelling. The text must already have passed JSON.parse.
 */

interface Member {
  name: string;
  /** Index of the key's opening quote. */
  keyStart: number;
  valueStart: number;
  /** Index after the value. */
  valueEnd: number;
}

export interface MemberChanges {
  /** Members to set, as JSON text by name. Those not present are put first. */
  set?: Readonly<Record<string, string>>;
  /** Members to drop. */
  remove?: readonly string[];
}

const QUOTE = 34;
const BACKSLASH = 92;

/** Index after the string literal that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** Index after the value that starts at `start`. */
function valueEnd(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return stringEnd(text, start);
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at) - 1;
    else if (code === 123 || code === 91) depth += 1;
    else if (code === 125 || code === 93) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (code === 44 || isSpace(code))) return at;
  }
  return text.length;
}

function topLevelMembers(text: string): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, 0) + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text.charCodeAt(at) !== QUOTE) return members;
    const keyStart = at;
    const keyEnd = stringEnd(text, at);
    const colon = skipSpace(text, keyEnd);
    const start = skipSpace(text, colon + 1);
    const end = valueEnd(text, start);
    const key = text.slice(keyStart, keyEnd);
    const name = key.includes('\\') ? (JSON.parse(key) as string) : key.slice(1, -1);
    members.push({ name, keyStart, valueStart: start, valueEnd: end });
    at = skipSpace(text, end);
    if (text[at] !== ',') return members;
    at += 1;
  }
}

/** Applies the changes. A member that stands twice is set once and its other copies are dropped. */
export function spliceMembers(text: string, changes: MemberChanges): string {
  const set = changes.set ?? {};
  const pending = new Set(Object.keys(set));
  const remove = new Set(changes.remove ?? []);
  const members = topLevelMembers(text);
  const kept: string[] = [];
  for (const member of members) {
    if (Object.hasOwn(set, member.name)) {
      if (!pending.delete(member.name)) continue;
      kept.push(`${text.slice(member.keyStart, member.valueStart)}${set[member.name]}`);
    } else if (!remove.has(member.name)) {
      kept.push(text.slice(member.keyStart, member.valueEnd));
    }
  }
  const added = [...pending].map((name) => `${JSON.stringify(name)}:${set[name]}`);
  return `{${[...added, ...kept].join(',')}}`;
}

/** The text of one top-level member's value, for a splice inside it; undefined when there is no such member. */
export function memberText(text: string, name: string): string | undefined {
  const member = topLevelMembers(text).find((candidate) => candidate.name === name);
  return member && text.slice(member.valueStart, member.valueEnd);
}
