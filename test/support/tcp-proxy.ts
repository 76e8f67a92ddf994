import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** How late a piece is on a slow way. */
const SLOW_MS = 150;

/** What the way between a process and a part that it needs does. */
export type WayState =
  /** Lets everything through. */
  | 'pass'
  /** Takes connections and bytes and delivers nothing, as a network that swallows packets. */
  | 'pause'
  /** Delivers what is asked and swallows every answer: the other side does its work and nobody learns of it. */
  | 'mute'
  /** Breaks every connection, old and new, as a server that is down. */
  | 'reset'
  /** Delivers every piece late, in order. */
  | 'slow'
  /** Delivers what the client sends and none of the answers; those are lost for good. */
  | 'swallow'
  /** Delivers half of the next answer on each connection, then breaks the connection. */
  | 'cut';

export interface TcpProxy {
  port: number;
  /** Changes the way for connections that exist and those to come. */
  set(state: WayState): void;
  close(): Promise<void>;
}

/** A way to `target` that can be blocked; a target whose port is changed is another one for connections to come. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let state: WayState = 'pass';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    return socket;
  };
  const held: (() => void)[] = [];
  const carry = (from: Socket, to: Socket, isAnswer: boolean): void => {
    let late = 0;
    let swallowed = false;
    const deliverLate = (chunk: Buffer): void => {
      late += 1;
      setTimeout(() => {
        late -= 1;
        to.write(chunk);
      }, SLOW_MS);
    };
    const cut = (chunk: Buffer): void => {
      to.write(chunk.subarray(0, Math.ceil(chunk.length / 2)), () => {
        to.destroy();
        from.destroy();
      });
    };
    from.on('data', (chunk: Buffer) => {
      // An answer with a hole in it must never go on as if it were whole.
      if (isAnswer && (state === 'swallow' || swallowed)) {
        swallowed = true;
        if (state !== 'swallow') from.destroy();
      } else if (isAnswer && state === 'cut') cut(chunk);
      else if (state === 'pause' || (state === 'mute' && isAnswer)) held.push(() => void to.write(chunk));
      else if (state === 'slow' || late > 0) deliverLate(chunk);
      else to.write(chunk);
    });
    from.on('close', () => to.destroy());
  };
  const server = createServer((client) => {
    keep(client);
    if (state === 'reset') {
      client.resetAndDestroy();
      return;
    }
    const upstream = keep(connect(target));
    carry(client, upstream, false);
    carry(upstream, client, true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    set: (next) => {
      state = next;
      if (next === 'reset') for (const socket of sockets) socket.resetAndDestroy();
      if (next === 'pass' || next === 'reset') for (const deliver of held.splice(0)) deliver();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** The same database address, reached through the proxy. */
export function through(proxy: TcpProxy, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  return url.href;
}
