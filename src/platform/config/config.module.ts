import { Global, Module } from '@nestjs/common';
import { ConfigModule as NestConfigModule, ConfigService } from '@nestjs/config';
import { AppConfig } from './app-config.js';
import { SETTINGS } from './settings.js';

/** Gives every room the typed AppConfig; the environment and a `.env` file are read here and nowhere else. */
@Global()
@Module({
  imports: [NestConfigModule.forRoot({ ignoreEnvFile: process.env['NODE_ENV'] === 'test' })],
  providers: [
    {
      provide: AppConfig,
      inject: [ConfigService],
      useFactory: (config: ConfigService) =>
        new AppConfig(Object.fromEntries(SETTINGS.map(({ name }) => [name, config.get<string>(name)]))),
    },
  ],
  exports: [AppConfig],
})
export class ConfigModule {}
