import { invalidRequest } from '../../core/errors.js';
import type { CompletionRequest, ContentPart } from '../completion.js';
import { ownFieldWarnings } from '../own-fields.js';
import type { PortableRequest } from '../protocol.js';

const isFile = (part: ContentPart): boolean =>
  (part.type === 'document' || part.type === 'image') && part.source.kind === 'file';

/**
 * A Chat request for an upstream of another protocol. Members that only Chat understands are named (mapping row 48);
 * a file by id, which only its own vendor keeps, is refused (row 49).
 */
export function portable(request: CompletionRequest): PortableRequest {
  if (request.messages.some(({ content }) => content.some(isFile))) {
    throw invalidRequest('messages: a file by id cannot be sent to this model; send its bytes', 'messages');
  }
  return { request, warnings: ownFieldWarnings(request) };
}
