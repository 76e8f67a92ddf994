import type { JsonObject } from '../../core/json.js';
import { asObject, asString } from '../../core/json.js';

/** What a tool delta may say about which call it belongs to. */
interface KnownCall {
  id: string;
  name: string;
}

/**
 * Finds out which call of the answer a tool delta belongs to, and numbers the calls from 0 in the order of their
 * first delta. OpenAI keys them by `index`; Mistral may send none, and some vendors send the same for all calls.
 */
export class ToolCallKeys {
  private readonly calls: KnownCall[] = [];
  private readonly byIndex = new Map<number, number>();

  /** Position of the call that this delta starts or continues. */
  locate(delta: JsonObject): number {
    const id = asString(delta['id']) ?? '';
    const name = asString(asObject(delta['function'])?.['name']) ?? '';
    const index = delta['index'];
    const position = typeof index === 'number' ? this.byNumber(index, id, name) : this.byIdentity(id, name);
    const known = this.calls[position];
    if (known) {
      known.id ||= id;
      known.name ||= name;
    }
    return position;
  }

  private add(): number {
    this.calls.push({ id: '', name: '' });
    return this.calls.length - 1;
  }

  private byNumber(index: number, id: string, name: string): number {
    const position = this.byIndex.get(index);
    const known = position === undefined ? undefined : this.calls[position];
    const isOther = known && known.id !== '' && id !== '' && id !== known.id && name !== '';
    if (position !== undefined && !isOther) return position;
    const added = this.add();
    this.byIndex.set(index, added);
    return added;
  }

  private byIdentity(id: string, name: string): number {
    const last = this.calls.length - 1;
    if (id !== '') {
      const position = this.calls.findIndex((call) => call.id === id);
      return position === -1 ? this.add() : position;
    }
    const startsAnother = name !== '' && this.calls[last]?.name !== '';
    return last === -1 || startsAnother ? this.add() : last;
  }
}
