import { asArray, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { TokenUsage } from '../../core/token-usage.js';
import { ObjectText, spliceMembers } from '../json-splice.js';
import type { ResponseIdentity } from '../protocol.js';
import { costMembers, UPSTREAM_COST_MEMBERS } from '../usage-cost.js';
import { completeAnnotation } from './annotations.js';
import { isMarked, ISSUER } from './signature.js';
import { hostedCall, VendorTools } from './vendor-tools.js';

/** A reasoning item of another issuer than OpenAI, marked with its name so that it comes back to that one alone. */
export function markedItem(item: JsonObject, issuer: string | undefined): JsonObject {
  const text = asString(item['encrypted_content']);
  if (!text || issuer === undefined || issuer === ISSUER || isMarked(text)) return item;
  const id = asString(item['id']);
  return { ...item, encrypted_content: `${issuer}:${id ? `${id}:` : ''}${text}` };
}

/** A text part with `annotations`, each of them whole, which strict readers fail without; else the very same value. */
export function annotatedPart(part: JsonValue): JsonValue {
  if (!isObject(part) || part['type'] !== 'output_text') return part;
  const { annotations } = part;
  if (annotations === undefined) return { ...part, annotations: [] };
  const length = asString(part['text'])?.length ?? 0;
  const given = asArray(annotations);
  const whole = given.map((one) => completeAnnotation(one, length));
  return whole.some((one, index) => one !== given[index]) ? { ...part, annotations: whole } : part;
}

function annotated(item: JsonObject): JsonObject {
  if (item['type'] !== 'message') return item;
  const given = asArray(item['content']);
  const content = given.map(annotatedPart);
  return content.some((part, index) => part !== given[index]) ? { ...item, content } : item;
}

/** An item as a strict client takes it; the very same object when nothing had to change. */
export const clientItem = (item: JsonObject, issuer: string | undefined, tools: VendorTools): JsonObject =>
  hostedCall(annotated(markedItem(tools.shown(item), issuer)));

/** `usage` without the upstream's price and with ours, as JSON text; undefined when there is none. */
function pricedUsage(
  object: ObjectText,
  response: JsonObject,
  { identity, usage }: Relayed,
): string | undefined {
  const own = object.valueText('usage');
  if (!isObject(response['usage']) || own === undefined) return undefined;
  const set = usage ? costMembers(usage, identity) : {};
  return spliceMembers(own, { set, remove: UPSTREAM_COST_MEMBERS });
}

/** What a response object is given on its way to the client. */
export interface Relayed {
  identity: ResponseIdentity;
  /** What it used, for its price; absent: not known yet. */
  usage?: TokenUsage | undefined;
  /** Its items, where they had to change; absent: its own. */
  output?: JsonObject[] | undefined;
}

/**
 * A response object's text with the gateway's id, time, model and price. Nothing is kept, so `store` is false and there is no
 * earlier response.
 */
export function identified(text: string, response: JsonObject, relayed: Relayed): string {
  const { identity, output } = relayed;
  const set: Record<string, string> = {
    id: JSON.stringify(identity.id),
    created_at: String(identity.createdAt),
    model: JSON.stringify(identity.model),
    store: 'false',
    previous_response_id: 'null',
  };
  const given = asArray(response['output']);
  const tools = new VendorTools();
  tools.note(response);
  const items =
    output ?? given.map((item) => (isObject(item) ? clientItem(item, identity.issuer, tools) : item));
  if (output ?? items.some((item, index) => item !== given[index])) set['output'] = JSON.stringify(items);
  const own = new ObjectText(text);
  const usage = pricedUsage(own, response, relayed);
  if (usage !== undefined) set['usage'] = usage;
  return own.spliced({ set });
}
