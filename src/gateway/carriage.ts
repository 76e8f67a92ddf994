import type { IncomingHttpHeaders } from 'node:http';
import { FaregateError, invalidRequest, toFaregateError } from '../core/errors.js';
import { speakerFor } from '../protocols/registry.js';
import { warnedField } from '../protocols/warnings.js';
import type { LegRequest } from './answer-plan.js';
import type { AnswerShape, RoutedDeployment } from './answer-shape.js';
import type { UnderstoodCall } from './understood-call.js';
import { upstreamBody } from './upstream-body.js';

/** Header by which a caller wants a refusal rather than a request that lost something. */
const STRICT_HEADER = 'x-faregate-strict';
/** An ejection may be over by then. */
const RETRY_SECONDS = 10;

/** Whether the caller refuses any loss. */
export const isStrict = (headers: IncomingHttpHeaders): boolean =>
  String(headers[STRICT_HEADER] ?? '').toLowerCase() === 'true';

/**
 * Those of the candidates whose upstreams can be asked this, before anything is held. What must not be ignored (audio,
 * for one) excludes an upstream that cannot take it; for a strict caller so does the first thing that would be dropped
 * or changed. Of a caller who is not strict only candidates up to the first that can are looked at: the others are asked
 * when it comes to that. Where nobody is left throws FaregateError: 503 when one of the ejected could be asked, else the
 * 400 of the first choice.
 */
export function carriers(
  call: UnderstoodCall,
  shape: AnswerShape,
  ejected: readonly RoutedDeployment[],
): readonly RoutedDeployment[] {
  const strict = isStrict(call.headers);
  const refusalOf = (candidate: RoutedDeployment): FaregateError | undefined => {
    try {
      checkCarriage(call, shape.sample, candidate, strict);
      return undefined;
    } catch (error) {
      return toFaregateError(error);
    }
  };
  let refusal: FaregateError | undefined;
  const able: RoutedDeployment[] = [];
  for (const candidate of shape.candidates) {
    const refused = strict || able.length === 0 ? refusalOf(candidate) : undefined;
    if (refused === undefined) able.push(candidate);
    else refusal ??= refused;
  }
  if (able.length > 0 || refusal === undefined) return able;
  if (ejected.every((one) => refusalOf(one) !== undefined)) throw refusal;
  throw new FaregateError('unavailable', 'No provider that can be asked this is available at the moment', {
    retryAfterSeconds: RETRY_SECONDS,
  });
}

/** Throws FaregateError 400 naming the field. */
function checkCarriage(
  call: UnderstoodCall,
  leg: LegRequest,
  { model, deployment }: RoutedDeployment,
  strict: boolean,
): void {
  const upstream = speakerFor(call.protocol, deployment.provider.protocol);
  if (!strict && call.protocol.name === upstream.name) return;
  const { request, dropped } = call.forModel(model, leg.asked);
  const wanted = request.maxOutputTokens ?? model.defaultMaxTokens ?? model.maxOutputTokens;
  const maxOutputTokens = Math.min(wanted, model.maxOutputTokens);
  const { warnings } = upstreamBody({
    candidate: { deployment, model, maxOutputTokens },
    request,
    text: leg.text,
    givenMaxTokens: call.asked.maxOutputTokens,
    dropped: leg.without ? [...dropped, ...leg.without] : dropped,
    client: call.protocol,
    upstream,
  });
  if (!strict) return;
  const given = call.asked.maxOutputTokens;
  const lowered =
    given === undefined || given <= maxOutputTokens
      ? []
      : [`max_tokens was lowered to ${maxOutputTokens}, the most that ${model.id} gives`];
  const [loss] = [...request.warnings, ...warnings, ...lowered];
  if (loss !== undefined)
    throw invalidRequest(`${STRICT_HEADER}: ${loss}`, warnedField(loss), 'request_not_lossless');
}
