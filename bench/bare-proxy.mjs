/**
 * The yardstick: the least a Node proxy can do that is still correct. node:http in, undici `Pool.dispatch`
 * out, no parsing, back pressure both ways, and a client that leaves aborts its upstream call.
 */
import http from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(process.env.BENCH_UPSTREAM, {
  connections: 4096,
  pipelining: 1,
  allowH2: false,
  headersTimeout: 0,
  bodyTimeout: 0,
});

/** Carries one upstream answer to one client. */
class Forward {
  #res;
  #controller = null;

  constructor(res) {
    this.#res = res;
    res.on('close', () => {
      if (!res.writableFinished) this.#controller?.abort(new Error('client left'));
    });
    res.on('drain', () => this.#controller?.resume());
  }

  onRequestStart(controller) {
    this.#controller = controller;
    // A client that left while this call was queued has had its `close` already: nothing else would free
    // the upstream connection.
    if (this.#res.destroyed) controller.abort(new Error('client left'));
  }

  onResponseStart(_controller, statusCode, headers) {
    delete headers.connection;
    delete headers['keep-alive'];
    delete headers['transfer-encoding'];
    this.#res.writeHead(statusCode, headers);
  }

  onResponseData(controller, chunk) {
    if (!this.#res.write(chunk)) controller.pause();
  }

  onResponseEnd() {
    this.#res.end();
  }

  onResponseError(_controller, error) {
    if (this.#res.headersSent) this.#res.destroy();
    else this.#res.writeHead(502, { 'content-type': 'text/plain' }).end(error.message);
  }
}

const server = http.createServer((req, res) => {
  const parts = [];
  req.on('data', (part) => parts.push(part));
  req.on('end', () => {
    const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    const headers = {
      'content-type': req.headers['content-type'],
      authorization: 'Bearer upstream-credential',
    };
    pool.dispatch({ path: req.url, method: req.method, headers, body }, new Forward(res));
  });
});
server.keepAliveTimeout = 70_000;
server.requestTimeout = 0;
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  process.send?.({ ready: true, port: server.address().port }),
);
process.on('disconnect', () => process.exit(0));
