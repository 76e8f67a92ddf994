import { setTimeout as pause } from 'node:timers/promises';

const COLLECT = `import v8 from 'node:v8'; import vm from 'node:vm';
v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
process.on('SIGUSR2', () => collect());`;

/** Settings of a process that collects its garbage at SIGUSR2, so that what is left is what it keeps. */
export const COLLECTS_GARBAGE = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(COLLECT)}`,
};

/** A process with an address of its metrics. */
export interface Watched {
  name: string;
  metricsUrl: string;
  signal(signal: NodeJS.Signals): void;
}

/** How a process does: memory in megabytes, open files and sockets, 99th percentile of the event loop's delay. */
export interface Vitals {
  heapMb: number;
  residentMb: number;
  sockets: number;
  lagMs: number;
}

/** Watches a process for a while. */
export async function readVitals(process: Watched, seconds: number): Promise<Vitals> {
  await scrape(process); // the event loop's figures begin anew
  const sockets: number[] = [];
  let lagMs = 0;
  for (let second = 0; second < seconds; second++) {
    await pause(1_000);
    const read = await scrape(process);
    sockets.push(read('process_open_fds'));
    lagMs = Math.max(lagMs, read('nodejs_eventloop_lag_p99_seconds') * 1_000);
  }
  process.signal('SIGUSR2');
  await pause(1_000);
  const read = await scrape(process);
  const megabytes = (name: string): number => read(name) / 1024 / 1024;
  return {
    heapMb: megabytes('nodejs_heap_size_used_bytes'),
    residentMb: megabytes('process_resident_memory_bytes'),
    sockets: median(sockets),
    lagMs,
  };
}

async function scrape({ metricsUrl }: Watched): Promise<(name: string) => number> {
  const text = await (await fetch(metricsUrl)).text();
  return (name) => {
    const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`${metricsUrl} says nothing of ${name}`);
    return Number(value);
  };
}

export const median = (values: readonly number[]): number => percentile(values, 50);

/** The least value that so many percent of the values do not exceed; 0 of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}
