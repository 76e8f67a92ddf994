import type { CallReport, ReportedAttempt } from './call-report.js';

/**
 * OpenTelemetry's names for what a model was asked and used. All of them are in development and move between
 * versions, so they stand here alone, as of the schema gen-ai/1.42.0 of open-telemetry/semantic-conventions-genai.
 */
export const GEN_AI_SCHEMA = 'https://opentelemetry.io/schemas/gen-ai/1.42.0';

/** Attributes of a span; those without a value are left out. */
export type Attributes = Record<string, string | number | boolean | string[]>;

/** Vendors that the convention has a name of its own for; others go by their slug. */
const PROVIDER_NAMES: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  google: 'gcp.gemini',
  gemini: 'gcp.gemini',
  mistral: 'mistral_ai',
  xai: 'x_ai',
  moonshot: 'moonshot_ai',
};

/** What the convention calls an operation on this route. */
export const operationOf = (protocol: string): string =>
  protocol === 'openai-embeddings'
    ? 'embeddings'
    : protocol.startsWith('google-gemini')
      ? 'generate_content'
      : 'chat';

/** The name the convention gives a provider. */
export const providerName = (slug: string): string => PROVIDER_NAMES[slug] ?? slug;

/** Attributes of the caller's side of a call. `input_tokens` includes cached ones, whatever the vendor's own counting. */
export function callAttributes(report: CallReport): Attributes {
  const { tokens } = report;
  const written = sum(tokens.cacheWrite5m, tokens.cacheWrite1h);
  return present({
    'http.request.method': 'POST',
    'http.route': report.route,
    'http.response.status_code': report.status,
    'error.type': report.errorType,
    'gen_ai.operation.name': operationOf(report.protocol),
    'gen_ai.provider.name': providerName(report.provider),
    'gen_ai.response.model': report.model,
    'gen_ai.response.finish_reasons': report.finishReason === undefined ? undefined : [report.finishReason],
    'gen_ai.usage.input_tokens': sum(tokens.input, tokens.cacheRead, written),
    'gen_ai.usage.output_tokens': tokens.output,
    'gen_ai.usage.cache_read.input_tokens': tokens.cacheRead,
    'gen_ai.usage.cache_creation.input_tokens': written,
    'gen_ai.usage.reasoning.output_tokens': tokens.reasoning,
    'faregate.request.id': report.requestId,
    'faregate.key.id': report.keyId,
    'faregate.organization.id': report.organizationId,
    'faregate.outcome': report.outcome,
    'faregate.charged_nano': report.chargedNano.toString(),
    'faregate.currency': report.currency,
  });
}

/** Attributes of one upstream call. */
export function attemptAttributes(protocol: string, attempt: ReportedAttempt): Attributes {
  return present({
    'gen_ai.operation.name': operationOf(protocol),
    'gen_ai.provider.name': providerName(attempt.provider),
    'gen_ai.request.model': attempt.upstreamModel,
    'gen_ai.response.id': attempt.upstreamId,
    'http.response.status_code': attempt.status,
    'error.type': attempt.errorType,
    'faregate.outcome': attempt.outcome,
  });
}

/** The sum of those that were reported; undefined when none was. */
function sum(...counts: (number | undefined)[]): number | undefined {
  const told = counts.filter((count) => count !== undefined);
  return told.length === 0 ? undefined : told.reduce((total, count) => total + count, 0);
}

function present(attributes: Record<string, Attributes[string] | undefined>): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      (entry): entry is [string, Attributes[string]] => entry[1] !== undefined,
    ),
  );
}
