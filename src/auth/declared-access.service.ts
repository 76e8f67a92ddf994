import { Injectable, type OnModuleInit } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ACCESS } from '../platform/http/access.decorator.js';

/** Refuses to boot while any route leaves open who may call it. */
@Injectable()
export class DeclaredAccess implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const open = this.discovery.getControllers().flatMap(({ metatype, instance }) => {
      const prototype = Object.getPrototypeOf(instance ?? {}) as object | null;
      if (!metatype || !prototype) return [];
      return this.scanner
        .getAllMethodNames(prototype)
        .filter((name) => {
          const handler = (prototype as Record<string, () => unknown>)[name];
          if (!handler || Reflect.getMetadata(PATH_METADATA, handler) === undefined) return false;
          return this.reflector.getAllAndOverride(ACCESS, [handler, metatype as () => unknown]) === undefined;
        })
        .map((name) => `${metatype.name}.${name}`);
    });
    if (open.length > 0) throw new Error(`routes without declared access: ${open.join(', ')}`);
  }
}
