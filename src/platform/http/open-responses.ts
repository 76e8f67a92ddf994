import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/**
 * The responses of a server that are not over: still made, or still on their way to whoever reads them. Also tells those
 * that wait behind another one of their connection ("pipelined") when the connection closes: Node tells only the first.
 */
export class OpenResponses {
  private open = 0;
  private isLeaving = false;
  private readonly waiting = new WeakMap<Socket, Set<ServerResponse>>();

  constructor(private readonly server: Server) {
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.open += 1;
      response.on('close', this.closed);
      if (this.isLeaving) response.shouldKeepAlive = false;
      if (response.socket === null) this.follow(socket, response);
    });
  }

  get count(): number {
    return this.open;
  }

  /** No new connection is taken, and whoever asks again on an old one is told with the answer that it is the last. */
  refuseConnections(): void {
    this.isLeaving = true;
    // The server's own `close` also cuts connections whose response is written and not yet on its way.
    NetServer.prototype.close.call(this.server);
  }

  private readonly closed = (): void => {
    this.open -= 1;
  };

  /** Watches the connection until it is the response's turn. */
  private follow(socket: Socket, response: ServerResponse): void {
    const others = this.waiting.get(socket) ?? this.watch(socket);
    others.add(response);
    response.once('socket', () => others.delete(response));
  }

  /** One listener a connection, however many responses wait. */
  private watch(socket: Socket): Set<ServerResponse> {
    const waiting = new Set<ServerResponse>();
    this.waiting.set(socket, waiting);
    socket.once('close', () => waiting.forEach(close));
    return waiting;
  }
}

function close(response: ServerResponse): void {
  response.destroy();
  response.emit('close');
}
