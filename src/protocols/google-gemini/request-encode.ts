import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest } from '../completion.js';
import type { EncodedRequest, EncodeTarget } from '../protocol.js';
import { GEMINI_NAMES, ToolNames } from '../tool-names.js';
import { unplaced } from '../unplaced.js';
import { encodeContents } from './contents-encode.js';
import { encodeGenerationConfig } from './generation-config.js';
import { encodeTools } from './tools.js';
import { compact } from './wire.js';

/**
 * Writes a generateContent request; model and manner go into the path. What cannot be said is named in `warnings`.
 * Throws invalid_request for files kept elsewhere and for more answers than Google gives.
 */
export function encodeRequest(request: CompletionRequest, target: EncodeTarget): EncodedRequest {
  const names = new ToolNames(GEMINI_NAMES);
  const { systemInstruction, contents, warnings } = encodeContents(request.messages, target, names);
  const { tools, toolConfig, warnings: toolNotes } = encodeTools(request, target, names);
  const { config, warnings: configNotes } = encodeGenerationConfig(request, target);
  return {
    body: compact<JsonObject>({ systemInstruction, contents, tools, toolConfig, generationConfig: config }),
    warnings: [...configNotes, ...warnings, ...unplaced(request), ...toolNotes],
    toolNames: names.given,
  };
}
