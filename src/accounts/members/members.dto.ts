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
