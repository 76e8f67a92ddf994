import type { JsonObject } from '../../core/json.js';
import { asObject, asString, isObject } from '../../core/json.js';
import { synthesizedCallId } from './response.js';
import { ToolCallKeys } from './tool-call-keys.js';

interface RepairedCall {
  id: string;
  name: string;
  /** Arguments that came before id and name were known. */
  held: string;
  /** Position in the client's list; absent until the call has been announced. */
  index?: number;
  hasArguments: boolean;
  /** A call of another kind than function, passed as it is. */
  isForeign: boolean;
}

/**
 * Makes the tool deltas of one choice as OpenAI sends them (row 60): a first delta with index, id, type and name,
 * then arguments as text under the same index, whatever of that the vendor leaves out, repeats, or says late.
 */
export class ToolCallRepair {
  private readonly keys = new ToolCallKeys();
  private readonly calls: RepairedCall[] = [];
  private announced = 0;

  /** `answerId`: id of the upstream's answer, for calls without an id of their own. */
  constructor(private readonly answerId: () => string) {}

  /** What the client sees of a delta; empty while a call cannot be announced. */
  push(delta: JsonObject): JsonObject[] {
    const position = this.keys.locate(delta);
    const call = (this.calls[position] ??= {
      id: '',
      name: '',
      held: '',
      hasArguments: false,
      isForeign: false,
    });
    const { index: _index, id, type, function: given, ...rest } = delta;
    const isOther = typeof type === 'string' && type !== '' && type !== 'function';
    if (isOther || call.isForeign) return [this.foreign(call, delta)];
    const { name, arguments: text, ...more } = asObject(given) ?? {};
    const args = isObject(text) ? JSON.stringify(text) : (asString(text) ?? '');
    call.hasArguments ||= args.trim() !== '';
    if (call.index !== undefined) {
      const isEmpty = args === '' && Object.keys(rest).length === 0 && Object.keys(more).length === 0;
      return isEmpty ? [] : [{ index: call.index, ...rest, function: { ...more, arguments: args } }];
    }
    call.id ||= asString(id) ?? '';
    call.name ||= asString(name) ?? '';
    call.held += args;
    return call.id === '' || call.name === '' ? [] : [{ ...this.announce(call), ...rest }];
  }

  /** The choice is over: calls that waited for an id, and arguments for those that have none (row 14). */
  end(): JsonObject[] {
    return this.calls.flatMap((call, position) => {
      if (call.isForeign || call.name === '') return [];
      call.id ||= synthesizedCallId(this.answerId(), position);
      const isOpen = call.index !== undefined;
      if (isOpen && call.hasArguments) return [];
      call.hasArguments ||= (call.held += '{}') !== '';
      return [isOpen ? { index: call.index as number, function: { arguments: '{}' } } : this.announce(call)];
    });
  }

  private announce(call: RepairedCall): JsonObject {
    call.index = this.announced++;
    const { id, name, held } = call;
    return { index: call.index, id, type: 'function', function: { name, arguments: held } };
  }

  private foreign(call: RepairedCall, delta: JsonObject): JsonObject {
    call.isForeign = true;
    call.index ??= this.announced++;
    return { ...delta, index: call.index };
  }
}
