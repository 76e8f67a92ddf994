import { Module } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { CatalogModule } from './catalog/catalog.module.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { ConfigModule } from './platform/config/config.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { HealthModule } from './platform/health/health.module.js';
import { AdminHttpModule } from './platform/http/admin-http.module.js';

/** The API process: the request's walk in walking order, then the doors of admins and finance. */
@Module({
  imports: [
    ConfigModule.forRoot(),
    DatabaseModule,
    HealthModule,
    AdminHttpModule,
    AuthModule,
    GatewayModule,
    CatalogModule,
  ],
})
export class ApiModule {}
