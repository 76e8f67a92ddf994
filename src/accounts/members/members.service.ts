import { Injectable } from '@nestjs/common';
import { uuidv7 } from '../../core/ids.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import type { ListQuery } from '../../platform/http/list.dto.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { memberView, type MemberView } from './member.js';
import type { AddMemberDto } from './members.dto.js';
import { MembersRepository } from './members.repository.js';

@Injectable()
export class MembersService {
  constructor(
    private readonly members: MembersRepository,
    private readonly organizations: OrganizationsService,
  ) {}

  async add(actor: AdminActor, organizationId: string, { email, role }: AddMemberDto): Promise<MemberView> {
    await this.organizations.getOrganization(organizationId);
    const member = { id: uuidv7(), organizationId, email: email.toLowerCase(), role };
    return memberView(await this.members.create(actor, member));
  }

  async list(organizationId: string, { limit, cursor }: ListQuery): Promise<ListPage<MemberView>> {
    await this.organizations.getOrganization(organizationId);
    const page = { beforeId: readCursor(cursor, 'uuid'), limit: limit + 1 };
    const rows = await this.members.list(organizationId, page);
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: memberView });
  }
}
