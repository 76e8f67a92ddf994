import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { monotonicMs } from '../../core/clock.js';
import { within } from '../../core/within.js';
import { AppConfig } from '../../platform/config/app-config.js';

/** Of each step of the conversation with the server. */
const TIMEOUT_MS = 10_000;
/** Of all of it: a server may be slow at every step. */
const DEADLINE_MS = 60_000;
/** A failure that took so long is a server that lets everybody wait. */
const SLOW_MS = 5_000;
/** How long such a server is not asked again. */
const REST_MS = 60_000;

/** A plain e-mail. */
export interface Mail {
  /** Names the message; the same one again is the same message. */
  id: string;
  to: string[];
  subject: string;
  text: string;
}

/** Sends e-mail over SMTP, or, where no server is configured, writes each message to a file. */
@Injectable()
export class MailClient implements OnApplicationShutdown {
  private readonly server: ReturnType<typeof createTransport> | undefined;
  private restsUntilMs = -Infinity;
  private readonly writer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });

  constructor(private readonly config: AppConfig) {
    const { smtpUrl } = config.mail;
    if (smtpUrl === undefined) return;
    const waits = {
      dnsTimeout: TIMEOUT_MS,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
    };
    this.server = createTransport({ url: smtpUrl, ...waits });
  }

  onApplicationShutdown(): void {
    this.server?.close();
  }

  /**
   * Throws when the server does not take it in time; for a minute after one that waited in vain, at once: nobody shall wait for each.
   */
  async send({ id, to, subject, text }: Mail): Promise<void> {
    const message = { from: this.config.mail.from, to, subject, text, messageId: `<${id}@faregate>` };
    const { server } = this;
    if (server) return this.unlessResting(() => within(DEADLINE_MS, server.sendMail(message)));
    const { message: bytes } = await this.writer.sendMail(message);
    await mkdir(this.config.mail.dir, { recursive: true });
    await writeFile(path.join(this.config.mail.dir, `${id}.eml`), bytes as Buffer, { mode: 0o600 });
  }

  private async unlessResting(work: () => Promise<unknown>): Promise<void> {
    const beganMs = monotonicMs();
    if (beganMs < this.restsUntilMs) throw new Error('the mail server was too slow a moment ago');
    try {
      await work();
    } catch (error) {
      const endedMs = monotonicMs();
      if (endedMs - beganMs >= SLOW_MS) this.restsUntilMs = endedMs + REST_MS;
      throw error;
    }
  }
}
