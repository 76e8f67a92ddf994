import { invalidRequest } from '../../core/errors.js';
import type { CompletionRequest, ContentPart, ToolDefinition } from '../completion.js';
import { ownFieldWarnings } from '../own-fields.js';
import type { PortableRequest } from '../protocol.js';
import { dropped } from '../warnings.js';
import { toolType } from './tools.js';

const isServerTool = (tool: ToolDefinition): tool is Extract<ToolDefinition, { kind: 'server' }> =>
  tool.kind === 'server';

/** Media that no other protocol has a word for: video, and audio that is neither wav nor mp3. */
const isMedia = (part: ContentPart): boolean =>
  part.type === 'opaque' &&
  ['inlineData', 'inline_data', 'fileData', 'file_data'].some((name) => part.raw[name] !== undefined);

const isFile = (part: ContentPart): boolean =>
  (part.type === 'image' || part.type === 'document') && part.source.kind === 'file';

/**
 * A Gemini request for an upstream of another protocol: members and tools that only Google has are named (rows 48 and
 * 50). Throws 400 for what must not be ignored: files that Google keeps (row 49), video and rare audio (row 52).
 */
export function portable(request: CompletionRequest): PortableRequest {
  const parts = request.messages.flatMap(({ content }) =>
    content.flatMap((part): ContentPart[] =>
      part.type === 'tool-result' ? [part, ...part.content] : [part],
    ),
  );
  if (parts.some(isMedia))
    throw invalidRequest('contents: this model reads no video, and of audio only wav and mp3', 'contents');
  if (parts.some(isFile))
    throw invalidRequest(
      'contents: a file kept at Google cannot be sent to this model; send its bytes',
      'contents',
    );
  const servers = request.tools?.filter(isServerTool) ?? [];
  const warnings = [
    ...ownFieldWarnings(request),
    ...servers.map(({ raw }) => dropped(`tools.${toolType(raw)}`, 'this upstream does not offer it')),
  ];
  if (servers.length === 0) return { request, warnings };
  const tools = request.tools?.filter((tool) => !isServerTool(tool)) ?? [];
  return { request: { ...request, tools: tools.length === 0 ? undefined : tools }, warnings };
}
