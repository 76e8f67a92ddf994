import type { WayState } from '../support/tcp-proxy.js';

/** What fails. */
export type Component = 'database' | 'redis' | 'upstream' | 'api' | 'worker';

/** Where the calls are when it fails. */
export type Stage =
  'before admission' | 'waiting for the first byte' | 'mid-stream' | 'before settle' | 'during rollup';

/** What happens to a process: SIGTERM, SIGKILL, or SIGSTOP until it is mended. */
export type ProcessFault = 'stop' | 'kill' | 'freeze';

export interface FaultCase {
  component: Component;
  fault: Exclude<WayState, 'pass' | 'mute'> | ProcessFault | 'flush';
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
const PROCESS = ['stop', 'kill', 'freeze'] as const;
const FAULTS: Record<Component, readonly FaultCase['fault'][]> = {
  database: WAYS,
  redis: [...WAYS, 'flush'],
  upstream: WAYS,
  api: PROCESS,
  worker: PROCESS,
};

type Random = (below: number) => number;

const kinds = (Object.keys(FAULTS) as Component[]).flatMap((component) =>
  FAULTS[component].map((fault) => ({ component, fault })),
);

/** Every component with each of its faults at every stage, shuffled. */
export const allFaults = (random: Random): FaultCase[] =>
  shuffled(
    kinds.flatMap((kind) => STAGES.map((stage) => ({ ...kind, stage }))),
    random,
  );

/** Every component with each of its faults once, at stages dealt out evenly, shuffled. */
export function fewFaults(random: Random): FaultCase[] {
  const deck: Stage[] = [];
  while (deck.length < kinds.length) deck.push(...shuffled(STAGES, random));
  return shuffled(
    kinds.map((kind, index) => ({ ...kind, stage: deck[index] as Stage })),
    random,
  );
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [mixed[last], mixed[other]] = [mixed[other] as Item, mixed[last] as Item];
  }
  return mixed;
}
