import type { IncomingMessage } from 'node:http';
import type { Principal } from '../auth/principal.js';
import type { JsonObject } from '../core/json.js';
import type { Protocol } from '../protocols/protocol.js';
import type { CallerSide } from './caller-side.js';

/** One call as it came in. */
export interface IncomingCall {
  requestId: string;
  protocol: Protocol;
  /** Members of the request that the route carries in its path (Gemini: model and stream). Absent: all are in the body. */
  pathFields?: JsonObject | undefined;
  principal: Principal;
  request: IncomingMessage;
  response: CallerSide;
}

/** How a call ended for whom it was made. */
export interface CallEnd {
  /** The answer was sent in full, and is charged. */
  isComplete: boolean;
  /** The call is under zero data retention: its answer may not be kept anywhere. */
  keepsNothing: boolean;
}
