import { asArray, asString, type JsonObject, type JsonValue } from '../../core/json.js';
import { jsonReply, type Reply } from './reply.js';
import { Seed } from './seed.js';
import { countTokens } from './token-count.js';
import { usageOf } from './usage.js';
import type { VendorError } from './vendor-errors.js';

const DEFAULT_DIMENSIONS = 1_536;
const MAX_DIMENSIONS = 4_096;

/** `POST /v1/embeddings` as OpenAI answers it: a unit vector for each input that depends on its text alone. */
export function embeddingsReply(body: JsonObject): Reply | VendorError {
  const invalid = (message: string, param: string): VendorError => ({ status: 400, message, param });
  const model = asString(body.model);
  if (model === undefined) return invalid('you must provide a model parameter', 'model');
  const inputs = inputsOf(body.input);
  if (inputs.length === 0) return invalid("Missing required parameter: 'input'.", 'input');
  const dimensions = typeof body.dimensions === 'number' ? body.dimensions : DEFAULT_DIMENSIONS;
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    return invalid(`'dimensions' must be between 1 and ${MAX_DIMENSIONS}.`, 'dimensions');
  }
  const tokens = inputs.reduce((sum, input) => sum + input.tokens, 0);
  const data = inputs.map(({ text }, index) => {
    const vector = unitVector(text, dimensions);
    const embedding =
      body.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return jsonReply(200, { object: 'list', data, model, usage }, usageOf({ input: tokens }));
}

/** A text, texts, a list of token numbers, or lists of them. */
function inputsOf(input: JsonValue | undefined): { text: string; tokens: number }[] {
  const list = asArray(input);
  const isTokens = list.length > 0 && list.every((value) => typeof value === 'number');
  const inputs = typeof input === 'string' || isTokens ? [input] : list;
  return inputs.map((one) =>
    typeof one === 'string'
      ? { text: one, tokens: countTokens(one) }
      : { text: JSON.stringify(one), tokens: asArray(one).length },
  );
}

function unitVector(text: string, dimensions: number): Float32Array {
  const seed = new Seed(text);
  const values = Float32Array.from(
    { length: dimensions },
    (_, at) => seed.below(2_001, String(at)) / 1_000 - 1,
  );
  const length = Math.hypot(...values) || 1;
  return values.map((value) => value / length);
}
