import type { AdmissionRequest } from '../admission/admission.service.js';
import { SINGLE_CALL, type CallExtent } from '../admission/estimate.js';
import type { Ticket } from '../admission/ticket.js';
import type { CatalogModel, Deployment } from '../catalog/model.js';
import type { CallMeter } from '../metering/call-meter.js';
import { getProtocol } from '../protocols/registry.js';
import { deploymentQuirks } from '../providers/registry.js';
import { SinglePlan, type AnswerPlan, type AnswerSides, type LegRequest } from './answer-plan.js';
import { FanOutPlan, oneAnswer } from './fan-out-plan.js';
import type { UnderstoodCall } from './understood-call.js';

/** One who may serve, before it is priced. */
export interface RoutedDeployment {
  model: CatalogModel;
  deployment: Deployment;
}

/** What an answer will be made of, decided before anything is held for it. */
export interface AnswerShape {
  candidates: readonly RoutedDeployment[];
  /** How far the call may go; the hold pays for all of it. */
  extent: CallExtent;
  /** See AdmissionRequest. */
  lesserExtents?: readonly CallExtent[];
  needs?: AdmissionRequest['needs'];
  /** The upstream call it begins with, as every candidate must be able to take it. */
  sample: LegRequest;
  compose(parts: ComposeParts): AnswerPlan;
}

/** What an admitted call brings to its plan. */
export interface ComposeParts extends AnswerSides {
  meter: CallMeter;
  ticket: Ticket;
}

/** Chooses how a call is answered: by one upstream call, or by one for each answer where the upstream gives no more. */
export function shapeAnswer(call: UnderstoodCall, route: readonly RoutedDeployment[]): AnswerShape {
  const answers = call.request.choiceCount ?? 1;
  const leg: LegRequest = { asked: call.asked, text: call.text };
  if (answers === 1) {
    return {
      candidates: route,
      extent: SINGLE_CALL,
      sample: leg,
      compose: (sides) => new SinglePlan(leg, sides),
    };
  }
  const several = route.filter(givesSeveral);
  if (several[0] !== undefined && several[0] === route[0]) {
    return {
      candidates: several,
      extent: SINGLE_CALL,
      sample: leg,
      compose: (sides) => new SinglePlan(leg, sides),
    };
  }
  const one = oneAnswer(leg);
  return {
    candidates: route,
    extent: { ...SINGLE_CALL, upstreamCalls: answers },
    sample: one,
    compose: (sides) => new FanOutPlan(one, answers, sides),
  };
}

const givesSeveral = ({ deployment }: RoutedDeployment): boolean =>
  getProtocol(deployment.provider.protocol).givesSeveralAnswers && !deploymentQuirks(deployment).singleChoice;
