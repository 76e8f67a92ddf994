import { publicId } from '../../core/ids.js';

export const MEMBER_ROLES = ['owner', 'admin', 'finance', 'developer'] as const;
export type MemberRole = (typeof MEMBER_ROLES)[number];

/** A person of an organization. */
export interface Member {
  id: string;
  organizationId: string;
  /** In lower case; one member per address and organization. */
  email: string;
  role: MemberRole;
  createdAt: Date;
}

/** A member as the API shows it. */
export function memberView(member: Member) {
  return {
    object: 'member' as const,
    id: publicId('member', member.id),
    organization: publicId('organization', member.organizationId),
    email: member.email,
    role: member.role,
    created_at: member.createdAt.toISOString(),
  };
}

export type MemberView = ReturnType<typeof memberView>;
