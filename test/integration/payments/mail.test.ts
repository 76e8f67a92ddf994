import { createServer, type AddressInfo, type Server } from 'node:net';
import { MailClient } from '../../../src/billing/notifications/mail.client.js';
import { AppConfig } from '../../../src/platform/config/app-config.js';
import { testEnvironment } from '../../support/billing.js';

/** A mail server that takes everything, or refuses every recipient. */
function startSmtp(refuses: boolean): Promise<{ server: Server; url: string; received: string[] }> {
  const received: string[] = [];
  const server = createServer((socket) => {
    let isData = false;
    let pending = '';
    socket.write('220 test\r\n');
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      pending += chunk.toString();
      for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
        const line = pending.slice(0, end);
        pending = pending.slice(end + 2);
        received.push(line);
        if (isData) {
          if (line !== '.') continue;
          isData = false;
          socket.write('250 taken\r\n');
        } else if (line.startsWith('RCPT') && refuses) socket.write('550 nobody here\r\n');
        else if (line === 'DATA') {
          isData = true;
          socket.write('354 go on\r\n');
        } else if (line === 'QUIT') socket.end('221 bye\r\n');
        else socket.write('250 fine\r\n');
      }
    });
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ server, url: `smtp://127.0.0.1:${port}`, received });
    }),
  );
}

const clientFor = (url: string) =>
  new MailClient(
    new AppConfig(
      testEnvironment('postgresql://unused', { SMTP_URL: url, MAIL_FROM: 'Bills <bills@example.com>' }),
    ),
  );
const MAIL = { id: 'msg_1', to: ['finance@example.com'], subject: 'A payment failed', text: 'amount: 1.00' };

it('an e-mail goes over SMTP with its own id, so that the same one again is the same message', async () => {
  const { server, url, received } = await startSmtp(false);
  const mail = clientFor(url);
  try {
    await mail.send(MAIL);
    expect(received).toContain('MAIL FROM:<bills@example.com>');
    expect(received).toContain('RCPT TO:<finance@example.com>');
    expect(received).toContain('Subject: A payment failed');
    expect(received).toContain('Message-ID: <msg_1@faregate>');
    expect(received).toContain('amount: 1.00');
  } finally {
    mail.onApplicationShutdown();
    server.close();
  }
});

it('an e-mail that the server does not take is an error, so that it is tried again', async () => {
  const { server, url } = await startSmtp(true);
  const mail = clientFor(url);
  try {
    await expect(mail.send(MAIL)).rejects.toThrow('nobody here');
  } finally {
    mail.onApplicationShutdown();
    server.close();
  }
});
