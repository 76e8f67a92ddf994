import { Module } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module.js';
import { AuthModule } from './auth/auth.module.js';
import { BillingApiModule } from './billing/billing-api.module.js';
import { CatalogAdminModule } from './catalog/catalog-admin.module.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { AppConfig } from './platform/config/app-config.js';
import { ConfigModule } from './platform/config/config.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { SingleInstance } from './platform/database/single-instance.service.js';
import { HealthApiModule, HealthModule } from './platform/health/health.module.js';
import { AdminHttpModule } from './platform/http/admin-http.module.js';
import { SearchModule } from './search/search.module.js';

/** The API process: the request's walk in walking order, then the doors of admins and finance. */
@Module({
  imports: [
    ConfigModule,
    DatabaseModule,
    HealthModule,
    HealthApiModule,
    AdminHttpModule,
    AuthModule,
    GatewayModule,
    AccountsModule,
    CatalogAdminModule,
    SearchModule,
    BillingApiModule,
  ],
  providers: [
    {
      provide: SingleInstance,
      inject: [AppConfig],
      // Before any room starts its work: a process that may not run must touch nothing.
      useFactory: async (config: AppConfig) => {
        const instance = new SingleInstance(config);
        await instance.claim();
        return instance;
      },
    },
  ],
})
export class ApiModule {}
