import { publicId } from '../../core/ids.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';

/** Who entered a price, as its row says. */
export const authorOf = (actor: AdminActor): string =>
  actor.keyId === '' ? `system:${actor.name}` : publicId('adminKey', actor.keyId);
