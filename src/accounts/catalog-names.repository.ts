import { Injectable } from '@nestjs/common';
import { invalidRequest } from '../core/errors.js';
import { parsePublicId } from '../core/ids.js';
import { PrismaService } from '../platform/prisma/prisma.service.js';

/** Which names the catalogue knows, for settings that refer to it by name. */
@Injectable()
export class CatalogNamesRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Throws invalid_request when one of the names is neither a model nor an alias. */
  async assertModels(names: readonly string[], param: string): Promise<void> {
    if (names.length === 0) return;
    const [models, aliases] = await Promise.all([
      this.prisma.model.findMany({ where: { id: { in: [...names] } }, select: { id: true } }),
      this.prisma.modelAlias.findMany({ where: { alias: { in: [...names] } }, select: { alias: true } }),
    ]);
    const known = new Set([...models.map(({ id }) => id), ...aliases.map(({ alias }) => alias)]);
    assertKnown(names, known, { what: 'model', param });
  }

  /** The UUID of a group. Throws invalid_request when there is none of this id. */
  async getGroupId(id: string, param: string): Promise<string> {
    const uuid = parsePublicId('group', id);
    const found = uuid === null ? null : await this.prisma.keyGroup.findUnique({ where: { id: uuid } });
    if (found) return found.id;
    throw invalidRequest(`${param} names an unknown group: "${id}"`, param);
  }

  /** Throws invalid_request when one of the slugs names no provider. */
  async assertProviders(slugs: readonly string[], param: string): Promise<void> {
    if (slugs.length === 0) return;
    const rows = await this.prisma.provider.findMany({
      where: { slug: { in: [...slugs] } },
      select: { slug: true },
    });
    assertKnown(slugs, new Set(rows.map(({ slug }) => slug)), { what: 'provider', param });
  }
}

function assertKnown(
  names: readonly string[],
  known: ReadonlySet<string>,
  { what, param }: { what: string; param: string },
): void {
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) throw invalidRequest(`${param} names an unknown ${what}: "${unknown}"`, param);
}
