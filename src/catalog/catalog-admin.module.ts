import { Module } from '@nestjs/common';
import { AutoDisableController } from './auto-disable/auto-disable.controller.js';
import { AutoDisableRepository } from './auto-disable/auto-disable.repository.js';
import { AutoDisableService } from './auto-disable/auto-disable.service.js';
import { CatalogModule } from './catalog.module.js';
import { DeploymentsController } from './deployments/deployments.controller.js';
import { DeploymentsRepository } from './deployments/deployments.repository.js';
import { DeploymentsService } from './deployments/deployments.service.js';
import { GroupsController } from './groups/groups.controller.js';
import { GroupsRepository } from './groups/groups.repository.js';
import { GroupsService } from './groups/groups.service.js';
import { ModelsController } from './models/models.controller.js';
import { ModelsRepository } from './models/models.repository.js';
import { ModelsService } from './models/models.service.js';
import { PricesController } from './prices/prices.controller.js';
import { PricesRepository } from './prices/prices.repository.js';
import { PricesService } from './prices/prices.service.js';
import { PublicationsService } from './prices/publication/publications.service.js';
import { CredentialsController } from './providers/credentials/credentials.controller.js';
import { CredentialsRepository } from './providers/credentials/credentials.repository.js';
import { CredentialsService } from './providers/credentials/credentials.service.js';
import { ProvidersController } from './providers/providers.controller.js';
import { ProvidersRepository } from './providers/providers.repository.js';
import { ProvidersService } from './providers/providers.service.js';

/** The admin doors of the catalogue; the API process alone needs them. */
@Module({
  imports: [CatalogModule],
  controllers: [
    ProvidersController,
    CredentialsController,
    ModelsController,
    DeploymentsController,
    AutoDisableController,
    PricesController,
    GroupsController,
  ],
  providers: [
    ProvidersRepository,
    ProvidersService,
    CredentialsRepository,
    CredentialsService,
    ModelsRepository,
    ModelsService,
    DeploymentsRepository,
    DeploymentsService,
    AutoDisableRepository,
    AutoDisableService,
    GroupsRepository,
    GroupsService,
    PricesRepository,
    PricesService,
    PublicationsService,
  ],
})
export class CatalogAdminModule {}
