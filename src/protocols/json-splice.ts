/**
 * Changes top-level members of a JSON object in its own text, so that everything else stays byte for byte:
 * unknown fields, key order, number spelling. The text must already have passed JSON.parse as an object.
 */

export interface MemberChanges {
  /** Members to set, as JSON text by name. Those not present are put first. */
  set?: Readonly<Record<string, string>>;
  /** Members to drop; one that is also set is set. */
  remove?: readonly string[];
}

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;

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
  if (text.charCodeAt(start) === QUOTE) return stringEnd(text, start);
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at) - 1;
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

/**
 * Applies the changes. Of a member that stands twice only the last copy stays, which is the one JSON.parse reads: what
 * was checked is what is sent.
 */
export function spliceMembers(text: string, changes: MemberChanges): string {
  const { set = {}, remove = [] } = changes;
  const members = new Map<string, string>();
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const keyStart = at;
    const keyEnd = stringEnd(text, at);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, valueStart);
    const name = memberName(text, keyStart, keyEnd);
    if (Object.hasOwn(set, name)) members.set(name, text.slice(keyStart, valueStart) + set[name]);
    else if (!remove.includes(name)) members.set(name, text.slice(keyStart, end));
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== COMMA) break;
    at = skipSpace(text, at + 1);
  }
  let spliced = '';
  const append = (member: string): void => {
    spliced += spliced === '' ? member : `,${member}`;
  };
  for (const name of Object.keys(set)) if (!members.has(name)) append(`${JSON.stringify(name)}:${set[name]}`);
  for (const member of members.values()) append(member);
  return `{${spliced}}`;
}

/** The text of one member's value (the last copy, as JSON.parse reads it), for a splice inside it; undefined without one. */
export function memberText(text: string, name: string): string | undefined {
  let found: string | undefined;
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const keyEnd = stringEnd(text, at);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, valueStart);
    if (memberName(text, at, keyEnd) === name) found = text.slice(valueStart, end);
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== COMMA) break;
    at = skipSpace(text, at + 1);
  }
  return found;
}
