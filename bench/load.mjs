/**
 * The bench's clients, in a process of their own. The orchestrator sends one order at a time over IPC
 * (`{id, mode, order}`) and gets `{id, result}` or `{id, error}` back.
 */
import { prepareRequest } from './client-requests.mjs';
import { processTree } from './cpu.mjs';
import { MeasuredWindow } from './measured-window.mjs';
import { VerifiedClient } from './verified-client.mjs';

const RAMP_MS = 300;
const DRAIN_MS = 5_000;
const RETRY_MS = 20;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let heldClients = [];

/** As many requests in flight as there are connections: how much goes through when nothing waits. */
async function closedLoop({ target, wanted, connections, seconds, cpuPids }) {
  const request = prepareRequest(target, wanted);
  const window = new MeasuredWindow(cpuPids);
  let running = true;
  let inFlight = 0;
  const clients = Array.from({ length: connections }, () => new VerifiedClient(target.port));
  const ask = (client) => {
    inFlight += 1;
    client.send(request, (outcome) => {
      inFlight -= 1;
      window.record(outcome);
      if (!running) return;
      if (outcome.failure === null) ask(client);
      else setTimeout(() => running && ask(client), RETRY_MS);
    });
  };
  clients.forEach(ask);
  await pause(RAMP_MS);
  window.start();
  await pause(seconds * 1000);
  window.end();
  running = false;
  await drained(() => inFlight);
  if (inFlight > 0) window.recordFailure(`${inFlight} requests without an answer ${DRAIN_MS} ms later`);
  clients.forEach((client) => client.leave());
  return window.summary();
}

/** A fixed number of requests a second, each on an idle connection: what one caller waits. */
async function openLoop({ target, wanted, perSecond, seconds, cpuPids }) {
  const request = prepareRequest(target, wanted);
  const window = new MeasuredWindow(cpuPids);
  const idle = Array.from({ length: 64 }, () => new VerifiedClient(target.port).connect());
  const everyone = new Set(idle);
  let inFlight = 0;
  await pause(100);
  const startedMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedMs;
    while (sent < (elapsedMs * perSecond) / 1000) {
      window.recordLateness(elapsedMs - (sent * 1000) / perSecond);
      sent += 1;
      inFlight += 1;
      const client = idle.pop() ?? new VerifiedClient(target.port).connect();
      everyone.add(client);
      client.send(request, (outcome) => {
        inFlight -= 1;
        window.record(outcome);
        idle.push(client);
      });
    }
  }, 1);
  await pause(RAMP_MS);
  window.start();
  await pause(seconds * 1000);
  window.end();
  clearInterval(timer);
  await drained(() => inFlight);
  if (inFlight > 0) window.recordFailure(`${inFlight} requests without an answer ${DRAIN_MS} ms later`);
  everyone.forEach((client) => client.leave());
  return window.summary();
}

/** Opens streams and holds them; answers when each has had its first content chunk. */
async function holdStreams({ target, wanted, streams }) {
  const request = prepareRequest(target, wanted);
  let opened = 0;
  const failures = [];
  for (let index = 0; index < streams; index++) {
    const client = new VerifiedClient(target.port);
    heldClients.push(client);
    client.send(
      request,
      ({ failure }) => failures.push(failure ?? 'a held stream ended'),
      () => (opened += 1),
    );
    if (index % 50 === 49) await pause(10);
  }
  await drained(() => streams - opened - failures.length);
  return { opened, failures: streams - opened, failureSamples: failures.slice(0, 3) };
}

/** Asks for streams and never reads them. */
async function holdSlowReaders({ target, wanted, streams }) {
  const request = prepareRequest(target, wanted);
  for (let index = 0; index < streams; index++) {
    const client = new VerifiedClient(target.port);
    heldClients.push(client);
    client.send(request, () => {});
    client.stopReading();
  }
  return { opened: streams, failures: 0, failureSamples: [] };
}

async function letGo() {
  heldClients.forEach((client) => client.leave());
  heldClients = [];
  return {};
}

/** Clients that hang up after a random while, before, in or just after an answer, and come back. */
async function leavingClients({ target, wanted, connections, seconds, longestStayMs }) {
  const request = prepareRequest(target, wanted);
  let running = true;
  let left = 0;
  const failures = [];
  const clients = Array.from({ length: connections }, () => new VerifiedClient(target.port));
  const visit = (client) => {
    let gone = false;
    client.send(request, ({ failure }) => !gone && failure !== null && failures.push(failure));
    setTimeout(() => {
      gone = true;
      left += 1;
      client.leave();
      if (running) visit(client);
    }, Math.random() * longestStayMs);
  };
  clients.forEach(visit);
  await pause(seconds * 1000);
  running = false;
  await pause(longestStayMs + 200);
  return { left, failures: failures.length, failureSamples: [...new Set(failures)].slice(0, 3) };
}

async function drained(countLeft) {
  const untilMs = performance.now() + DRAIN_MS;
  while (countLeft() > 0 && performance.now() < untilMs) await pause(10);
}

const modes = { closedLoop, openLoop, holdStreams, holdSlowReaders, letGo, leavingClients };
let ownProcesses = [];

process.on('message', ({ id, mode, order }) => {
  ownProcesses = processTree(process.ppid).filter((pid) => pid !== process.pid && pid !== process.ppid);
  modes[mode](order).then(
    (result) => process.send({ id, result }),
    (error) => process.send({ id, error: error.stack }),
  );
});
// When the orchestrator is killed outright, what it started must not stay behind.
process.on('disconnect', () => {
  for (const pid of ownProcesses) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // Already gone.
    }
  }
  process.exit(0);
});
process.send({ ready: true });
