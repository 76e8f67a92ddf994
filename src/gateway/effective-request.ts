import type { CatalogModel } from '../catalog/model.js';
import type { CompatibilityProfile } from '../core/compatibility.js';
import { invalidRequest } from '../core/errors.js';
import { withMembers } from '../core/json.js';
import { PARAMETERS, type CompletionRequest, type ParameterName } from '../protocols/completion.js';
import type { Protocol } from '../protocols/protocol.js';

/** Output limit of profiles that do not demand one (New API's own default). */
const PROFILE_MAX_TOKENS = 8_192;

/** Names of parameters as `supported_parameters` and warnings write them. */
export const PUBLIC_NAMES: Record<ParameterName, string> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  topA: 'top_a',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  repetitionPenalty: 'repetition_penalty',
  seed: 'seed',
  stop: 'stop',
  logitBias: 'logit_bias',
  logprobs: 'logprobs',
  topLogprobs: 'top_logprobs',
  choiceCount: 'n',
  tools: 'tools',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  responseFormat: 'response_format',
  reasoning: 'reasoning',
  verbosity: 'verbosity',
  user: 'user',
  metadata: 'metadata',
};

/** Parameters that describe the caller, not the generation: no model lacks them. */
const ALWAYS_KEPT: ReadonlySet<ParameterName> = new Set([
  'user',
  'metadata',
  'choiceCount',
  'parallelToolCalls',
  'toolChoice',
]);

const OF_THE_MODEL: ReadonlySet<string> = new Set(PARAMETERS.filter((name) => !ALWAYS_KEPT.has(name)));

/** The optional parameters that a request uses and a model may lack, in the order of PARAMETERS. */
export function usedParameters(request: CompletionRequest): ParameterName[] {
  // Those that are there, which are few, instead of a look for each of all.
  const used = (Object.keys(request) as ParameterName[]).filter(
    (name) => OF_THE_MODEL.has(name) && request[name] !== undefined,
  );
  return used.length < 2 ? used : PARAMETERS.filter((name) => used.includes(name));
}

export interface EffectiveRequest {
  request: CompletionRequest;
  /** Parameters that were dropped; a verbatim body loses their wire fields too. */
  dropped: ParameterName[];
}

/**
 * The request as the model can take it: parameters that the model lacks are dropped, each named in a warning
 * (statements 11, 33, 34), and a missing output limit is filled in where the profile or the model has one.
 * Throws 400 when the protocol demands a limit and nobody gave one (statement 8).
 */
export function effectiveRequest(
  request: CompletionRequest,
  model: CatalogModel,
  rules: { protocol: Protocol; profile: CompatibilityProfile },
): EffectiveRequest {
  const dropped = unsupported(request, model);
  const kept: CompletionRequest = withMembers(request, { warnings: [...request.warnings] });
  if (dropped.includes('stop')) kept.stopAtGateway = request.stop;
  for (const name of dropped) {
    delete kept[name];
    // What the model cannot, the gateway does.
    if (name === 'stop') continue;
    kept.warnings.push(`"${PUBLIC_NAMES[name]}" is not supported by ${model.id} and was ignored`);
  }
  if (dropped.includes('tools')) {
    delete kept.toolChoice;
    delete kept.parallelToolCalls;
    dropped.push('toolChoice', 'parallelToolCalls');
  }
  if (kept.maxOutputTokens === undefined && rules.protocol.requiresMaxTokens) {
    kept.maxOutputTokens = missingLimit(model, rules.profile);
  }
  return { request: kept, dropped };
}

function unsupported(request: CompletionRequest, model: CatalogModel): ParameterName[] {
  // A model entered without any capability says nothing about what it lacks.
  if (model.capabilities.length === 0) return [];
  return usedParameters(request).filter((name) => !model.capabilities.includes(PUBLIC_NAMES[name]));
}

function missingLimit(model: CatalogModel, profile: CompatibilityProfile): number {
  if (model.defaultMaxTokens !== undefined) return model.defaultMaxTokens;
  if (profile === 'octopusx' || profile === 'cortecs')
    return Math.min(PROFILE_MAX_TOKENS, model.maxOutputTokens);
  throw invalidRequest('max_tokens is required', 'max_tokens');
}
