import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/prisma/prisma.service.js';

/** Which customer of Stripe an organization is. */
@Injectable()
export class StripeCustomersRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Null: it has none yet. */
  async find(organizationId: string): Promise<string | null> {
    const account = await this.prisma.billingAccount.findUnique({ where: { organizationId } });
    return account?.stripeCustomer ?? null;
  }

  /** Keeps the first one given; answers the one that is kept. */
  async keep(organizationId: string, customer: string): Promise<string> {
    await this.prisma.billingAccount.updateMany({
      where: { organizationId, stripeCustomer: null },
      data: { stripeCustomer: customer },
    });
    return (await this.find(organizationId)) ?? customer;
  }
}
