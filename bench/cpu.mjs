/**
 * CPU time and memory from /proc (Linux): of one process with its children, of PostgreSQL, of everything the
 * bench started, and of the whole machine. Elsewhere every figure is NaN and the report prints a dash.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const MS_PER_TICK = 10;
const supported = existsSync('/proc/stat');

/** @returns {Map<number, {parentPid: number, name: string, cpuMs: number}>} */
function readProcesses() {
  const processes = new Map();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const nameEnd = stat.lastIndexOf(')');
      const fields = stat.slice(nameEnd + 2).split(' ');
      const cpuMs = (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
      processes.set(pid, {
        parentPid: Number(fields[1]),
        name: stat.slice(stat.indexOf('(') + 1, nameEnd),
        cpuMs,
      });
    } catch {
      // It ended between the listing and the reading.
    }
  }
  return processes;
}

function treeOf(rootPid, processes) {
  const tree = processes.has(rootPid) ? [rootPid] : [];
  for (const parentPid of tree) {
    for (const [pid, process] of processes) if (process.parentPid === parentPid) tree.push(pid);
  }
  return tree;
}

/** The process and all that descend from it, the process itself first. */
export function processTree(rootPid) {
  return supported ? treeOf(rootPid, readProcesses()) : [];
}

/**
 * Running totals, to be subtracted from a later sample. `benchPid` is the orchestrator, the ancestor of everything
 * that the bench starts. PostgreSQL is the one it started; when it started none, every one on the machine.
 *
 * @param {{contenderPid: number | null, benchPid: number}} pids
 */
export function sampleCpu({ contenderPid, benchPid }) {
  const wallMs = performance.now();
  if (!supported) return { wallMs, processes: new Map(), contender: null, database: [], own: [] };
  const processes = readProcesses();
  const own = treeOf(benchPid, processes);
  const isPostgres = (pid) => processes.get(pid).name === 'postgres';
  const ownDatabase = own.filter(isPostgres);
  const database = ownDatabase.length > 0 ? ownDatabase : [...processes.keys()].filter(isPostgres);
  return {
    wallMs,
    processes,
    contender: contenderPid === null ? null : treeOf(contenderPid, processes),
    database,
    own: [...new Set([...own, ...database])],
    ...readMachine(),
  };
}

function readMachine() {
  const [user, nice, system, , , irq, softIrq, steal] = readFileSync('/proc/stat', 'latin1')
    .slice(3, 200)
    .trim()
    .split(/\s+/)
    .map((ticks) => Number(ticks) * MS_PER_TICK);
  return { busyMs: user + nice + system + irq + softIrq, stealMs: steal };
}

/** What was used between two samples; `foreignCores` is what other programs on the machine took. */
export function cpuBetween(start, end) {
  const wallMs = end.wallMs - start.wallMs;
  const used = (pids) =>
    pids.reduce((sum, pid) => sum + end.processes.get(pid).cpuMs - (start.processes.get(pid)?.cpuMs ?? 0), 0);
  return {
    contenderMs: end.contender === null ? NaN : used(end.contender),
    databaseMs: supported ? used(end.database) : NaN,
    foreignCores: Math.max(0, end.busyMs - start.busyMs - used(end.own)) / wallMs,
    stealCores: (end.stealMs - start.stealMs) / wallMs,
  };
}

/** Resident memory of a process and its children, in kB. */
export function residentKb(rootPid) {
  if (!supported) return NaN;
  return processTree(rootPid).reduce((total, pid) => {
    try {
      return total + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
    } catch {
      return total;
    }
  }, 0);
}
