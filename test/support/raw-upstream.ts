import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The connection is reset. */
export const RESET = Symbol('reset');

/** A piece of an answer: bytes, milliseconds of silence, or the reset of its connection. */
export type RawPiece = string | Buffer | number | typeof RESET;

/** An upstream that answers each request with these bytes, whatever they are. */
export class RawUpstream {
  pieces: readonly RawPiece[] = [];
  requests = 0;
  /** Text of the latest request, head and body as far as they came together. */
  seen = '';
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((socket) => {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (data) => {
      if (!data.includes('POST ')) return;
      this.requests += 1;
      this.seen = data.toString('latin1');
      void this.answer(socket);
    });
  });

  /** Base URL of the upstream. */
  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private async answer(socket: Socket): Promise<void> {
    for (const piece of this.pieces) {
      if (typeof piece === 'number') await new Promise((resolve) => setTimeout(resolve, piece));
      else if (piece === RESET) socket.resetAndDestroy();
      else if (!socket.destroyed) socket.write(piece);
    }
    socket.end();
  }
}
