import type { JsonObject } from '../../core/json.js';
import { asObject, asString } from '../../core/json.js';
import type { ContentPart } from '../completion.js';

/** A call of a tool that is no function: OpenAI's custom tools, and vendors' own. */
export interface OwnCall {
  id: string;
  /** The tool's name, else the type of the call. */
  name: string;
  /** What the tool was given: the input, or the whole call where only its vendor knows. */
  input: string;
  /** The call as it came. */
  raw: JsonObject;
}

/** Reads a part as such a call, which only Chat has; undefined for any other part. */
export function ownCall(part: ContentPart): OwnCall | undefined {
  if (part.type !== 'opaque' || part.protocol !== 'openai-chat') return undefined;
  const { raw } = part;
  const id = asString(raw['id']);
  const type = asString(raw['type']);
  if (id === undefined || type === undefined) return undefined;
  const named = asObject(raw[type]) ?? asObject(raw['function']);
  return {
    id,
    name: asString(named?.['name']) ?? type,
    input: asString(named?.['input']) ?? asString(named?.['arguments']) ?? JSON.stringify(raw),
    raw,
  };
}
