import { Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AccessGuard } from './access.guard.js';
import { AdminKeyStrategy, ApiKeyStrategy } from './api-key.strategy.js';
import { DeclaredAccess } from './declared-access.service.js';
import { AuthService } from './auth.service.js';
import { PrincipalRepository } from './principal.repository.js';

/** Who is calling: one guard in front of every route. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    DeclaredAccess,
    AuthService,
    PrincipalRepository,
    ApiKeyStrategy,
    AdminKeyStrategy,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [AuthService],
})
export class AuthModule {}
