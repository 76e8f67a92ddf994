import { cpuBetween, sampleCpu } from './cpu.mjs';
import { quantile } from './stats.mjs';
import { verified } from './verified-client.mjs';

const SAMPLES_KEPT = 3;

/** Counts answers, chunks and CPU time between its start and its end. A failure counts whenever it comes. */
export class MeasuredWindow {
  #cpuPids;
  #open = false;
  #start = null;
  #totals = null;
  #latencies = [];
  #firstChunks = [];
  #lateness = [];
  #failures = 0;
  #failureSamples = new Set();

  /** @param {Parameters<typeof sampleCpu>[0]} cpuPids */
  constructor(cpuPids) {
    this.#cpuPids = cpuPids;
  }

  start() {
    this.#start = { cpu: sampleCpu(this.#cpuPids), chunks: verified.chunks };
    this.#open = true;
  }

  /** @param {import('./verified-client.mjs').Outcome} outcome */
  record({ failure, latencyMs, firstChunkMs }) {
    if (failure !== null) return this.recordFailure(failure);
    if (!this.#open) return;
    this.#latencies.push(latencyMs);
    if (firstChunkMs !== null) this.#firstChunks.push(firstChunkMs);
  }

  recordFailure(failure) {
    this.#failures += 1;
    if (this.#failureSamples.size < SAMPLES_KEPT) this.#failureSamples.add(failure);
  }

  /** How long after its time a request was sent: the generator's own fault, not the contender's. */
  recordLateness(lateMs) {
    if (this.#open) this.#lateness.push(lateMs);
  }

  end() {
    const cpu = sampleCpu(this.#cpuPids);
    this.#open = false;
    this.#totals = {
      ...cpuBetween(this.#start.cpu, cpu),
      seconds: (cpu.wallMs - this.#start.cpu.wallMs) / 1000,
      chunks: verified.chunks - this.#start.chunks,
    };
  }

  summary() {
    const { seconds, chunks, contenderMs, databaseMs, foreignCores, stealCores } = this.#totals;
    const answers = this.#latencies.length;
    return {
      answers,
      answersPerSecond: answers / seconds,
      chunksPerSecond: chunks / seconds,
      cpuUsPerAnswer: (contenderMs * 1000) / answers,
      cpuUsPerChunk: (contenderMs * 1000) / chunks,
      databaseUsPerAnswer: (databaseMs * 1000) / answers,
      contenderCores: contenderMs / (seconds * 1000),
      foreignCores,
      stealCores,
      latencyP50Ms: quantile(this.#latencies, 0.5),
      latencyP99Ms: quantile(this.#latencies, 0.99),
      firstChunkP50Ms: quantile(this.#firstChunks, 0.5),
      firstChunkP99Ms: quantile(this.#firstChunks, 0.99),
      lateP99Ms: quantile(this.#lateness, 0.99),
      failures: this.#failures,
      failureSamples: [...this.#failureSamples],
    };
  }
}
