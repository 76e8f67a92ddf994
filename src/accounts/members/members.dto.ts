import { ApiProperty } from '@nestjs/swagger';
import { IsOneOf, IsText } from '../../platform/http/fields.decorator.js';
import { MEMBER_ROLES, type MemberRole } from './member.js';

export class AddMemberDto {
  @ApiProperty({ example: 'ada@example.com' })
  @IsText({
    max: 254,
    pattern: /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]+\.[^\s@\p{Cc}.]+$/u,
    form: 'must be an email address',
  })
  email!: string;

  @ApiProperty({ enum: MEMBER_ROLES })
  @IsOneOf(...MEMBER_ROLES)
  role!: MemberRole;
}

/** A member, as documented; memberView makes it. */
export class MemberResource {
  @ApiProperty({ enum: ['member'] })
  object!: 'member';

  @ApiProperty({ type: String, example: 'mem_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String })
  email!: string;

  @ApiProperty({ enum: MEMBER_ROLES })
  role!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}
