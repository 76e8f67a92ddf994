import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What the way between a process and its database does. */
export type WayState =
  /** Lets everything through. */
  | 'pass'
  /** Takes connections and bytes and delivers nothing, as a network that swallows packets. */
  | 'pause'
  /** Breaks every connection, old and new, as a server that is down. */
  | 'reset';

export interface TcpProxy {
  port: number;
  /** Changes the way for connections that exist and those to come. */
  set(state: WayState): void;
  close(): Promise<void>;
}

/** A way to `target` that can be blocked. */
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
  const carry = (from: Socket, to: Socket): void => {
    from.on('data', (chunk: Buffer) => {
      if (state === 'pause') held.push(() => void to.write(chunk));
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
    carry(client, upstream);
    carry(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    set: (next) => {
      state = next;
      if (next === 'reset') for (const socket of sockets) socket.resetAndDestroy();
      if (next !== 'pause') for (const deliver of held.splice(0)) deliver();
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
