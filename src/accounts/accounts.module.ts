import { Module } from '@nestjs/common';
import { AdminKeysRepository } from './admin-keys/admin-keys.repository.js';
import { AdminKeysService } from './admin-keys/admin-keys.service.js';
import { AuditLogController } from './audit-log/audit-log.controller.js';
import { CatalogNamesRepository } from './catalog-names.repository.js';
import { KeysController } from './keys/keys.controller.js';
import { KeysRepository } from './keys/keys.repository.js';
import { KeysService } from './keys/keys.service.js';
import { ManagedKeysController } from './keys/managed-keys.controller.js';
import { ManagedKeysService } from './keys/managed-keys.service.js';
import { MembersController } from './members/members.controller.js';
import { MembersRepository } from './members/members.repository.js';
import { MembersService } from './members/members.service.js';
import { OrganizationsController } from './organizations/organizations.controller.js';
import { OrganizationsRepository } from './organizations/organizations.repository.js';
import { OrganizationsService } from './organizations/organizations.service.js';
import { InvoiceGateway } from './payment-methods/invoice.gateway.js';
import { PAYMENT_METHOD_PROVIDERS } from './payment-methods/payment-method-provider.js';
import { PaymentMethodsController } from './payment-methods/payment-methods.controller.js';
import { PaymentMethodsRepository } from './payment-methods/payment-methods.repository.js';
import { PaymentMethodsService } from './payment-methods/payment-methods.service.js';
import { SandboxGateway } from './payment-methods/sandbox.gateway.js';
import { StripeCustomersRepository } from './payment-methods/stripe-customers.repository.js';
import { StripeClient } from './payment-methods/stripe.client.js';
import { StripeGateway } from './payment-methods/stripe.gateway.js';
import { ProjectsController } from './projects/projects.controller.js';
import { ProjectsRepository } from './projects/projects.repository.js';
import { ProjectsService } from './projects/projects.service.js';

/** Customers and what belongs to them: projects, keys, payment methods, members; and the admins' own keys. */
@Module({
  controllers: [
    OrganizationsController,
    ProjectsController,
    KeysController,
    ManagedKeysController,
    PaymentMethodsController,
    MembersController,
    AuditLogController,
  ],
  providers: [
    OrganizationsRepository,
    OrganizationsService,
    ProjectsRepository,
    ProjectsService,
    KeysRepository,
    KeysService,
    ManagedKeysService,
    PaymentMethodsRepository,
    PaymentMethodsService,
    MembersRepository,
    MembersService,
    AdminKeysRepository,
    AdminKeysService,
    CatalogNamesRepository,
    StripeClient,
    StripeCustomersRepository,
    StripeGateway,
    {
      provide: PAYMENT_METHOD_PROVIDERS,
      inject: [StripeGateway],
      useFactory: (stripe: StripeGateway) => [
        new SandboxGateway(),
        new InvoiceGateway(),
        ...(stripe.isConfigured ? [stripe] : []),
      ],
    },
  ],
  exports: [
    OrganizationsService,
    ProjectsService,
    KeysService,
    PaymentMethodsService,
    MembersService,
    AdminKeysService,
  ],
})
export class AccountsModule {}
