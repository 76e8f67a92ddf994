import { asArray, asObject, asString, isObject, type JsonObject } from '../../core/json.js';
import { SIGNED_TEXT, signedCall } from './gemini-answers.js';
import { geminiParts, type GeminiCall } from './gemini-prompt.js';
import { isSignatureOf } from './signature.js';
import type { VendorError } from './vendor-errors.js';

/** Members of a GenerateContentRequest (ai.google.dev/api/generate-content); the path holds the model. */
const KNOWN_FIELDS = new Set(
  'contents systemInstruction generationConfig tools toolConfig safetySettings cachedContent labels serviceTier'.split(
    ' ',
  ),
);

/** Members of the older schema that Google refuses to know. */
const UNKNOWN_IN_SCHEMA = ['$schema', '$ref', '$defs', 'additionalProperties', 'const', 'oneOf', 'allOf'];

/** Documented stand-in for a signature that the history does not have. */
const SKIP = 'skip_thought_signature_validator';

const MAX_STOPS = 5;

const invalid = (message: string): VendorError => ({ status: 400, message });

/** What generativelanguage.googleapis.com would refuse in this body, or undefined. */
export function geminiError(body: JsonObject, call: GeminiCall): VendorError | undefined {
  return (
    unknownFieldError(body) ??
    contentsError(body) ??
    toolsError(body) ??
    configError(body) ??
    pairingError(asArray(body.contents).filter(isObject)) ??
    signatureError(asArray(body.contents).filter(isObject), call)
  );
}

function unknownFieldError(body: JsonObject): VendorError | undefined {
  const unknown = Object.keys(body).find(
    (field) => !KNOWN_FIELDS.has(field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())),
  );
  return unknown === undefined
    ? undefined
    : invalid(`Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`);
}

function contentsError(body: JsonObject): VendorError | undefined {
  const contents = asArray(body.contents);
  if (contents.length === 0) return invalid('* GenerateContentRequest.contents: contents is not specified');
  for (const [index, content] of contents.entries()) {
    const { role } = asObject(content) ?? {};
    if (role !== 'user' && role !== 'model') return invalid('Please use a valid role: user, model.');
    const parts = geminiParts(content);
    const path = `* GenerateContentRequest.contents[${index}].parts`;
    if (parts.length === 0) return invalid(`${path}: contents.parts must not be empty.`);
    const empty = parts.findIndex(({ thought: _thought, thoughtSignature: _signature, ...data }) => {
      return Object.keys(data).length !== 1;
    });
    if (empty >= 0)
      return invalid(`${path}[${empty}].data: required oneof field 'data' must have one initialized field`);
    const answers = parts.filter((part) => part.functionResponse !== undefined).length;
    if (answers > 0 && answers < parts.length)
      return invalid('Function response parts cannot be mixed with other parts.');
  }
  const { role } = asObject(contents[0]) ?? {};
  return role === 'user'
    ? undefined
    : invalid('Please ensure that multiturn requests begin with a user turn.');
}

function toolsError(body: JsonObject): VendorError | undefined {
  const holders = asArray(body.tools)
    .filter(isObject)
    .filter((tool) => tool.functionDeclarations !== undefined);
  if (holders.length > 1) return invalid('Multiple tools are supported only when they are all search tools.');
  const functions = asArray(holders[0]?.functionDeclarations).filter(isObject);
  if (asObject(body.toolConfig)?.functionCallingConfig !== undefined && functions.length === 0)
    return invalid('Function calling config is set without function_declarations.');
  for (const [index, declared] of functions.entries()) {
    const path = `tools[0].function_declarations[${index}]`;
    if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/.test(asString(declared.name) ?? ''))
      return invalid(`* GenerateContentRequest.${path}.name: Invalid function name.`);
    const text = JSON.stringify(declared.parameters ?? {});
    const unknown = UNKNOWN_IN_SCHEMA.find((name) => text.includes(`"${name}":`));
    if (unknown !== undefined)
      return invalid(
        `Invalid JSON payload received. Unknown name "${unknown}" at '${path}.parameters': Cannot find field.`,
      );
  }
  return undefined;
}

function configError(body: JsonObject): VendorError | undefined {
  const config = asObject(body.generationConfig) ?? {};
  if (asArray(config.stopSequences).length > MAX_STOPS)
    return invalid(`* GenerateContentRequest.generation_config.stop_sequences: at most ${MAX_STOPS} allowed`);
  const { temperature } = config;
  const isWild = typeof temperature === 'number' && (temperature < 0 || temperature > 2);
  return isWild
    ? invalid('* GenerateContentRequest.generation_config.temperature: must be in [0, 2]')
    : undefined;
}

function pairingError(contents: JsonObject[]): VendorError | undefined {
  for (const [index, content] of contents.entries()) {
    const results = geminiParts(content).filter((part) => part.functionResponse !== undefined).length;
    if (results === 0) continue;
    const calls = geminiParts(contents[index - 1]).filter((part) => part.functionCall !== undefined).length;
    if (calls !== results)
      return invalid(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
  }
  return undefined;
}

/** From generation 3 on the first call of a turn must carry its signature; one that is there must always be right. */
function signatureError(contents: JsonObject[], { model }: GeminiCall): VendorError | undefined {
  const isDemanded = /gemini-[3-9]/.test(model);
  for (const content of contents.filter(({ role }) => role === 'model')) {
    const calls = geminiParts(content).filter((part) => part.functionCall !== undefined);
    if (isDemanded && calls[0] && calls[0].thoughtSignature === undefined) {
      const name = asString(asObject(calls[0].functionCall)?.name) ?? '';
      return invalid(`Function call is missing a thought_signature in functionCall parts: ${name}.`);
    }
    if (geminiParts(content).some((part) => !isRight(part))) return invalid('Corrupted thought signature.');
  }
  return undefined;
}

function isRight(part: JsonObject): boolean {
  const signature = asString(part.thoughtSignature);
  if (signature === undefined || signature === SKIP) return true;
  const { id: _id, ...call } = asObject(part.functionCall) ?? {};
  const said = part.functionCall === undefined ? SIGNED_TEXT : signedCall(call);
  return isSignatureOf(said, signature);
}
