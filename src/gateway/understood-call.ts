import type { IncomingHttpHeaders } from 'node:http';
import type { CatalogModel } from '../catalog/model.js';
import type { CompatibilityProfile } from '../core/compatibility.js';
import type { CompletionRequest } from '../protocols/completion.js';
import type { Protocol } from '../protocols/protocol.js';
import { effectiveRequest, type EffectiveRequest } from './effective-request.js';

/** How a call came in, as far as it decides what an upstream is sent. */
export interface CallBasis {
  /** The caller's own body. */
  text: string;
  protocol: Protocol;
  profile: CompatibilityProfile;
  headers: IncomingHttpHeaders;
}

/** A call that is understood: what is asked for, and in which bytes. */
export interface UnderstoodCall extends CallBasis {
  /** As it was asked, before any model's limits. */
  asked: CompletionRequest;
  /** As the model asked for can take it. */
  request: CompletionRequest;
  /** The request as a model can take it; the same object for the model asked for. Throws FaregateError 400. */
  forModel(model: CatalogModel, asked: CompletionRequest): EffectiveRequest;
}

/** What a call asks of a model. Throws FaregateError 400 for what the model or the protocol cannot do. */
export function understand(asked: CompletionRequest, model: CatalogModel, basis: CallBasis): UnderstoodCall {
  const own = effectiveRequest(asked, model, basis);
  const { text, protocol, profile, headers } = basis;
  return {
    text,
    protocol,
    profile,
    headers,
    asked,
    request: own.request,
    forModel: (other, request) =>
      other === model && request === asked ? own : effectiveRequest(request, other, basis),
  };
}
