import { createHash } from 'node:crypto';

/** Hexadecimal digits that keep a shortened or rewritten name apart from every other. */
const DIGEST_LENGTH = 8;

/** Which names a protocol takes. */
export interface NameRule {
  pattern: RegExp;
  maxLength: number;
}

/** Chat, Responses and Messages. */
const COMMON: NameRule = { pattern: /^[a-zA-Z0-9_-]+$/, maxLength: 64 };

/** Gemini: also dots and colons, but no digit or dash at the start. */
export const GEMINI_NAMES: NameRule = { pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/, maxLength: 128 };

/**
 * Writes tool names for a protocol that does not take every one (mapping row 12). A name that fits stays as it is. Any other is rewritten the same way in every
 * request, so that prompt caches hold, and is given back to the caller by `given`. One instance per request.
 */
export class ToolNames {
  private readonly rewritten = new Map<string, string>();

  constructor(private readonly rule: NameRule = COMMON) {}

  /** The name as it is sent. */
  wire(name: string): string {
    const { pattern, maxLength } = this.rule;
    if (name.length <= maxLength && pattern.test(name)) return name;
    const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LENGTH);
    const plain = name.replace(/[^a-zA-Z0-9_-]/g, '_');
    const led = pattern.test(plain) ? plain : `_${plain}`;
    const wire = `${led.slice(0, maxLength - DIGEST_LENGTH - 1)}_${digest}`;
    this.rewritten.set(wire, name);
    return wire;
  }

  /** The callers' own names by those that were sent in their place; undefined when all went over as they are. */
  get given(): ReadonlyMap<string, string> | undefined {
    return this.rewritten.size === 0 ? undefined : this.rewritten;
  }
}

/** Names as the caller wrote them, for a request that goes to a vendor of the caller's own protocol. */
export class OwnNames extends ToolNames {
  override wire(name: string): string {
    return name;
  }
}
