import { asString, type JsonObject } from '../../core/json.js';
import type {
  ContentPart,
  ImagePart,
  Message,
  OpaquePart,
  ToolCallPart,
  ToolResultPart,
} from '../completion.js';
import type { EncodeTarget } from '../protocol.js';
import type { ToolNames } from '../tool-names.js';
import { ANSWERED } from '../unplaced.js';
import { dropped } from '../warnings.js';
import { generationOf, type Generation } from './generation.js';
import { callArguments, encodeAudio, encodeDocument, encodeImage, signed } from './parts-encode.js';
import { signatureText, SKIP_VALIDATION } from './signature.js';
import { isSynthesized } from './tool-ids.js';
import { compact } from './wire.js';

/** Turns as Gemini takes them; `systemInstruction` is absent where there are no instructions. */
export interface EncodedContents {
  systemInstruction?: JsonObject | undefined;
  contents: JsonObject[];
  warnings: string[];
}

interface Turn {
  role: 'user' | 'model';
  parts: JsonObject[];
  /** Holds function responses, and so nothing else: Gemini takes mixed contents for the model's own. */
  isResults: boolean;
}

/** Stands where Gemini needs a user turn and the caller sent none. */
const PLACEHOLDER: JsonObject = { text: '.' };

/**
 * Turns → `systemInstruction` and `contents`. Instructions before the first other turn become the instruction, later
 * ones a tagged text of the user. Adjacent turns of one role become one, all results of a turn one content of their own.
 * Thinking goes back to its own issuer alone.
 */
export function encodeContents(
  messages: readonly Message[],
  target: EncodeTarget,
  names: ToolNames,
): EncodedContents {
  const firstOther = messages.findIndex((message) => message.role !== 'system');
  const split = firstOther === -1 ? messages.length : firstOther;
  const encoder = new ContentsEncoder(target, names);
  const system = messages.slice(0, split).flatMap((message) => encoder.plain(message.content));
  for (const message of messages.slice(split)) encoder.add(message);
  return compact<EncodedContents>({
    systemInstruction: system.length === 0 ? undefined : { parts: system },
    contents: encoder.contents(),
    warnings: [...encoder.warnings],
  });
}

class ContentsEncoder {
  readonly warnings = new Set<string>();
  private readonly turns: Turn[] = [];
  private readonly generation: Generation;
  /** Calls of the conversation by id, and their places. */
  private readonly calls = new Map<string, { name: string; place: number }>();

  constructor(
    private readonly target: EncodeTarget,
    private readonly names: ToolNames,
  ) {
    this.generation = generationOf(target.upstreamModel);
  }

  add(message: Message): void {
    if (message.role === 'tool') {
      this.addResults(message.content.filter((part) => part.type === 'tool-result'));
    } else if (message.role === 'assistant') this.append('model', this.answer(message.content));
    else if (message.role === 'system') this.append('user', tagged(this.plain(message.content)));
    else this.append('user', this.plain(message.content));
  }

  contents(): JsonObject[] {
    if (this.turns[0]?.role !== 'user') {
      this.turns.unshift({ role: 'user', parts: [PLACEHOLDER], isResults: false });
      this.warnings.add('messages: a user message was put first, because one must stand there');
    }
    if (this.turns.at(-1)?.role === 'model' && !this.generation.continuesAnswers) {
      this.turns.push({ role: 'user', parts: [PLACEHOLDER], isResults: false });
      this.warnings.add(ANSWERED);
    }
    return this.turns.map(({ role, parts }) => ({
      role,
      parts: role === 'model' ? this.withSignature(parts) : parts,
    }));
  }

  /** Parts that are neither thinking nor calls; empty texts are left out. */
  plain(content: readonly ContentPart[]): JsonObject[] {
    return content.flatMap((part) => this.part(part));
  }

  private append(role: Turn['role'], parts: JsonObject[], isResults = false): void {
    if (parts.length === 0) return;
    const last = this.turns.at(-1);
    if (last?.role === role && last.isResults === isResults) last.parts.push(...parts);
    else this.turns.push({ role, parts, isResults });
  }

  private part(part: ContentPart): JsonObject[] {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return part.text === '' ? [] : [{ text: part.text }];
      case 'image':
        return this.image(part);
      case 'document':
        return encodeDocument(part);
      case 'audio':
        return [encodeAudio(part)];
      case 'opaque':
        return this.opaque(part);
      default:
        return [];
    }
  }

  private image(part: ImagePart): JsonObject[] {
    if (part.detail !== undefined && part.detail !== 'auto')
      this.warnings.add(dropped('messages.image_url.detail', 'this upstream chooses the resolution'));
    return [encodeImage(part)];
  }

  private opaque({ protocol, raw }: OpaquePart): JsonObject[] {
    if (protocol === 'google-gemini') return [raw];
    const type = asString(raw['type']) ?? 'foreign';
    this.warnings.add(dropped(`messages.${type}`, 'this upstream cannot read it'));
    return [];
  }

  /** An answer of the model. A signature that stands alone before a call is the call's: Messages carries it so. */
  private answer(content: readonly ContentPart[]): JsonObject[] {
    const parts: JsonObject[] = [];
    let waiting: string | undefined;
    const release = (): void => {
      if (waiting !== undefined) parts.push({ text: '', thoughtSignature: waiting });
      waiting = undefined;
    };
    for (const part of content) {
      if (part.type === 'tool-call') {
        const own = this.ownSignature(
          part.signature?.issuer,
          part.signature && signatureText(part.signature),
        );
        if (own !== undefined) release();
        parts.push(this.call(part, own ?? waiting));
        waiting = undefined;
        continue;
      }
      release();
      if (part.type === 'thinking' && part.text !== '') parts.push(...this.thought(part));
      else if (part.type === 'thinking' || part.type === 'redacted-thinking') waiting = this.sealOf(part);
      else parts.push(...this.part(part));
    }
    release();
    return parts;
  }

  private thought({ text, signature }: Extract<ContentPart, { type: 'thinking' }>): JsonObject[] {
    if (signature === undefined) return [{ text, thought: true }];
    const own = this.ownSignature(signature.issuer, signatureText(signature));
    return own === undefined ? [] : [{ text, thought: true, thoughtSignature: own }];
  }

  /** The signature of a thought without text; encrypted thinking of Google's is nothing else. */
  private sealOf(part: Extract<ContentPart, { type: 'thinking' | 'redacted-thinking' }>): string | undefined {
    if (part.type === 'redacted-thinking') return this.ownSignature(part.issuer, part.data);
    return this.ownSignature(part.signature?.issuer, part.signature && signatureText(part.signature));
  }

  private ownSignature(issuer: string | undefined, value: string | undefined): string | undefined {
    if (issuer === undefined || issuer === this.target.issuer) return value;
    this.warnings.add(dropped('messages.thinking', 'another model signed it'));
    return undefined;
  }

  private call(
    { id, name, arguments: text }: ToolCallPart,
    thoughtSignature: string | undefined,
  ): JsonObject {
    this.calls.set(id, { name, place: this.calls.size });
    const own = isSynthesized(id) ? undefined : id;
    const functionCall = compact<JsonObject>({
      id: own,
      name: this.names.wire(name),
      args: callArguments(text),
    });
    return signed({ functionCall }, thoughtSignature);
  }

  /** Gemini 3 wants a signature on the first call of each turn; a history of other models has none. */
  private withSignature(parts: JsonObject[]): JsonObject[] {
    const first = parts.findIndex((part) => part['functionCall'] !== undefined);
    const call = parts[first];
    if (!this.generation.demandsSignatures || !call || call['thoughtSignature'] !== undefined) return parts;
    return parts.with(first, signed(call, SKIP_VALIDATION));
  }

  /** All results of a turn in the order of their calls; media beside them where the model cannot take them inside. */
  private addResults(results: readonly ToolResultPart[]): void {
    const placeOf = ({ callId }: ToolResultPart): number => this.calls.get(callId)?.place ?? Infinity;
    const ordered = results.toSorted((a, b) => Math.sign(placeOf(a) - placeOf(b)) || 0);
    const beside: JsonObject[] = [];
    this.append(
      'user',
      ordered.map((result) => this.result(result, beside)),
      true,
    );
    this.append('user', beside);
  }

  private result(result: ToolResultPart, beside: JsonObject[]): JsonObject {
    const { callId, content, isError } = result;
    const encoded = content.flatMap((part) => this.part(part));
    const lines = encoded.map((part) => asString(part['text'])).filter((text) => text !== undefined);
    const media = encoded.filter((part) => part['text'] === undefined);
    const name = this.names.wire(this.calls.get(callId)?.name ?? 'unknown_tool');
    const isInside = this.generation.mediaInResults;
    if (!isInside && media.length > 0) {
      lines.push('[The media of this result follow in the next user message.]');
      beside.push({ text: `The media that ${name} returned:` }, ...media);
    }
    const text = lines.join('\n');
    return {
      functionResponse: compact<JsonObject>({
        id: isSynthesized(callId) ? undefined : callId,
        name,
        response: isError ? { error: text } : { output: text },
        parts: isInside && media.length > 0 ? media : undefined,
      }),
    };
  }
}

/** An instruction in the middle of a conversation, as the clients that fold it themselves write it. */
function tagged(parts: JsonObject[]): JsonObject[] {
  return parts.map((part) => {
    const text = asString(part['text']);
    return text === undefined ? part : { text: `<system-reminder>\n${text}\n</system-reminder>` };
  });
}
