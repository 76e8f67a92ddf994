import { invalidRequest } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ParameterName, ResponseFormat } from '../completion.js';
import type { EncodeTarget } from '../protocol.js';
import { dropped } from '../warnings.js';
import { generationOf } from './generation.js';
import { decodeReasoning, encodeReasoning } from './reasoning.js';
import { fromOpenApiSchema, toOpenApiSchema } from './schema.js';
import {
  compact,
  nameIn,
  readBoolean,
  readNumber,
  readObject,
  readString,
  readStrings,
  refuse,
  spellings,
} from './wire.js';

/** Members of `generationConfig` behind each parameter, in camel case. */
export const CONFIG_MEMBERS: Partial<Record<ParameterName | 'maxOutputTokens', readonly string[]>> = {
  maxOutputTokens: ['maxOutputTokens'],
  temperature: ['temperature'],
  topP: ['topP'],
  topK: ['topK'],
  seed: ['seed'],
  stop: ['stopSequences'],
  frequencyPenalty: ['frequencyPenalty'],
  presencePenalty: ['presencePenalty'],
  logprobs: ['responseLogprobs'],
  topLogprobs: ['logprobs'],
  choiceCount: ['candidateCount'],
  reasoning: ['thinkingConfig'],
  responseFormat: ['responseMimeType', 'responseSchema', 'responseJsonSchema'],
};

/** Most stop sequences and candidates that Google takes (ai.google.dev/api/generate-content#GenerationConfig). */
export const MAX_STOPS = 5;
const MAX_CANDIDATES = 8;
const MAX_TOP_LOGPROBS = 20;

type Sampling = Partial<CompletionRequest>;

/** Reads `generationConfig`; also the names of members that only Google has. */
export function decodeGenerationConfig(body: JsonObject): { sampling: Sampling; ownFields: string[] } {
  const config = readObject(body, 'generationConfig');
  if (config === undefined) return { sampling: {}, ownFields: [] };
  const path = nameIn(body, 'generationConfig');
  const stop = readStrings(config, 'stopSequences', path);
  if (stop && stop.length > MAX_STOPS)
    refuse(`${path}.stopSequences`, `must hold at most ${MAX_STOPS} texts`);
  const known = new Set(Object.values(CONFIG_MEMBERS).flatMap((names) => names.flatMap(spellings)));
  const sampling = compact<Sampling>({
    maxOutputTokens: readNumber(config, 'maxOutputTokens', { integer: true, min: 1, path }),
    temperature: readNumber(config, 'temperature', { min: 0, max: 2, path }),
    topP: readNumber(config, 'topP', { min: 0, max: 1, exclusiveMin: true, path }),
    topK: readNumber(config, 'topK', { integer: true, min: 1, path }),
    seed: readNumber(config, 'seed', { integer: true, path }),
    stop,
    frequencyPenalty: readNumber(config, 'frequencyPenalty', { min: -2, max: 2, path }),
    presencePenalty: readNumber(config, 'presencePenalty', { min: -2, max: 2, path }),
    logprobs: readBoolean(config, 'responseLogprobs', path),
    topLogprobs: readNumber(config, 'logprobs', { integer: true, min: 0, max: MAX_TOP_LOGPROBS, path }),
    choiceCount: readNumber(config, 'candidateCount', { integer: true, min: 1, max: MAX_CANDIDATES, path }),
    responseFormat: decodeFormat(config, path),
    reasoning: decodeReasoning(config, path),
  });
  const ownFields = Object.keys(config).filter((name) => !known.has(name) && config[name] !== null);
  return { sampling, ownFields: ownFields.map((name) => `${path}.${name}`) };
}

function decodeFormat(config: JsonObject, path: string): ResponseFormat | undefined {
  const openApi = readObject(config, 'responseSchema', path);
  const jsonSchema = readObject(config, 'responseJsonSchema', path);
  const mime = readString(config, 'responseMimeType', path);
  const schema = jsonSchema ?? (openApi && fromOpenApiSchema(openApi));
  if (schema !== undefined) return { kind: 'json-schema', name: 'response', schema };
  return mime === 'application/json' ? { kind: 'json-object' } : undefined;
}

/** Parameters this protocol has no member for, by the name callers know them under. */
const UNSUPPORTED: Partial<Record<ParameterName, string>> = {
  minP: 'min_p',
  topA: 'top_a',
  repetitionPenalty: 'repetition_penalty',
  logitBias: 'logit_bias',
  verbosity: 'verbosity',
  user: 'user',
  metadata: 'metadata',
};

/** Writes `generationConfig`, undefined when there is nothing to say. */
export function encodeGenerationConfig(
  request: CompletionRequest,
  { upstreamModel, maxOutputTokens }: EncodeTarget,
): { config: JsonObject | undefined; warnings: string[] } {
  const warnings = Object.entries(UNSUPPORTED)
    .filter(([name]) => request[name as ParameterName] !== undefined)
    .map(([, shown]) => dropped(shown, 'this upstream does not have it'));
  const count = request.choiceCount ?? 1;
  if (count > MAX_CANDIDATES)
    throw invalidRequest(`n: this model gives at most ${MAX_CANDIDATES} answers per request`, 'n');
  const stop = request.stop?.filter((text) => text !== '');
  const { thinkingConfig, warnings: notes } = encodeReasoning(request.reasoning, upstreamModel);
  const format = encodeFormat(request.responseFormat, upstreamModel, warnings);
  const config = compact<JsonObject>({
    maxOutputTokens: request.maxOutputTokens ?? maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    seed: request.seed,
    stopSequences: stop && stop.length > 0 ? stop : undefined,
    frequencyPenalty: request.frequencyPenalty,
    presencePenalty: request.presencePenalty,
    responseLogprobs: request.logprobs,
    logprobs: request.logprobs ? request.topLogprobs : undefined,
    candidateCount: count > 1 ? count : undefined,
    ...format,
    thinkingConfig,
  });
  return {
    config: Object.keys(config).length === 0 ? undefined : config,
    warnings: [...warnings, ...notes],
  };
}

function encodeFormat(
  format: ResponseFormat | undefined,
  upstreamModel: string,
  warnings: string[],
): JsonObject {
  if (format === undefined || format.kind === 'text') return {};
  const mime = { responseMimeType: 'application/json' };
  if (format.kind === 'json-object') return mime;
  if (generationOf(upstreamModel).jsonSchema) return { ...mime, responseJsonSchema: format.schema };
  const { schema, lost } = toOpenApiSchema(format.schema, 'response_format');
  if (lost.length > 0) warnings.push(`response_format: ${lost.join(', ')} cannot be said to this model`);
  return { ...mime, responseSchema: schema };
}
