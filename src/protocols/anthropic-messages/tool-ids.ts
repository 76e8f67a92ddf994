/**
 * Anthropic Messages wants tool ids of `[a-zA-Z0-9_-]+` that stand once in a conversation; other vendors write
 * "functions.add:0" and use it again in the next turn. An id that fits stays as it is; any other is escaped so
 * that two ids never become one and the original can be read back.
 */
const PREFIX = 'fg_';
const PLAIN = /^[a-zA-Z0-9_-]+$/;
/** Enough of an answer's id to tell the answers of one conversation apart. */
const ANSWER_DIGITS = 10;
/** What toWireId writes behind the prefix: the escaped id, the answer, the use. */
const WRITTEN = /^((?:[a-zA-Z0-9-]|__|_[0-9a-f]{1,4}_)*)(?:_s[a-zA-Z0-9]+_)?(?:_r\d+_)?$/;

/** Keeps equal ids apart. */
export interface IdUse {
  /** How many calls of the same id stand before this one in the conversation. */
  earlier?: number | undefined;
  /** The id of the answer that the call is part of, where the conversation is not known. */
  answer?: string | undefined;
}

/** Wire id of a tool call. */
export function toWireId(id: string, { earlier = 0, answer }: IdUse = {}): string {
  if (earlier === 0 && PLAIN.test(id) && !id.startsWith(PREFIX)) return id;
  const escaped = id.replace(/[^a-zA-Z0-9-]/g, (char) =>
    char === '_' ? '__' : `_${char.charCodeAt(0).toString(16)}_`,
  );
  const unique = answer?.replace(/[^a-zA-Z0-9]/g, '').slice(-ANSWER_DIGITS) ?? '';
  return `${PREFIX}${escaped}${unique === '' ? '' : `_s${unique}_`}${earlier === 0 ? '' : `_r${earlier}_`}`;
}

/** The id behind a wire id; a text that toWireId never writes is its own original. */
export function fromWireId(wire: string): string {
  if (!wire.startsWith(PREFIX)) return wire;
  const [, escaped] = WRITTEN.exec(wire.slice(PREFIX.length)) ?? [];
  if (escaped === undefined) return wire;
  return escaped.replace(/__|_([0-9a-f]{1,4})_/g, (match, code: string | undefined) =>
    match === '__' ? '_' : String.fromCharCode(parseInt(code ?? '', 16)),
  );
}

/** Gives the calls of one conversation their wire ids, and each result the id of the call it answers. */
export class ToolIds {
  private readonly uses = new Map<string, number>();
  private readonly last = new Map<string, string>();
  private open = new Map<string, string[]>();

  /** A new assistant turn begins: what was not answered before stays unanswered. */
  turn(): void {
    this.open = new Map();
  }

  call(id: string): string {
    const use = this.uses.get(id) ?? 0;
    const wire = toWireId(id, { earlier: use });
    this.uses.set(id, use + 1);
    this.last.set(id, wire);
    this.open.set(id, [...(this.open.get(id) ?? []), wire]);
    return wire;
  }

  result(id: string): string {
    return this.open.get(id)?.shift() ?? this.last.get(id) ?? toWireId(id);
  }
}
