import type { WayState } from '../support/tcp-proxy.js';

/** What fails. */
export type Component = 'database' | 'redis' | 'upstream' | 'api' | 'worker';

/** Where the calls are when it fails. */
export type Stage =
  'before admission' | 'waiting for the first byte' | 'mid-stream' | 'before settle' | 'during rollup';

export interface FaultCase {
  component: Component;
  fault: Exclude<WayState, 'pass'> | 'kill' | 'flush';
  stage: Stage;
}

const STAGES: Stage[] = [
  'before admission',
  'waiting for the first byte',
  'mid-stream',
  'before settle',
  'during rollup',
];
const WAYS = ['reset', 'pause', 'slow', 'swallow', 'cut'] as const;
const FAULTS: Record<Component, FaultCase['fault'][]> = {
  database: [...WAYS],
  redis: [...WAYS, 'flush'],
  upstream: [...WAYS],
  api: ['kill'],
  worker: ['kill'],
};

/** Every component with each of its faults at every stage, shuffled by `random`, `count` of them at most. */
export function faultCases(random: (below: number) => number, count: number): FaultCase[] {
  const cases = (Object.keys(FAULTS) as Component[]).flatMap((component) =>
    FAULTS[component].flatMap((fault) => STAGES.map((stage) => ({ component, fault, stage }))),
  );
  for (let last = cases.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [cases[last], cases[other]] = [cases[other] as FaultCase, cases[last] as FaultCase];
  }
  return cases.slice(0, count);
}
