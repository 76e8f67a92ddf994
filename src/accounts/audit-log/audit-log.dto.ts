import { ApiProperty } from '@nestjs/swagger';

/** What an entry is about. */
export class AuditTargetResource {
  @ApiProperty({ type: String, example: 'organization' })
  kind!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  id!: string;
}

/** An entry of the audit log, as documented. */
export class AuditEntryResource {
  @ApiProperty({ enum: ['audit_log_entry'] })
  object!: 'audit_log_entry';

  @ApiProperty({ type: String, example: 'aud_17' })
  id!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  at!: string;

  @ApiProperty({ type: String, example: 'akey_0199…' })
  actor!: string;

  @ApiProperty({ type: String, example: 'organization.update' })
  action!: string;

  @ApiProperty({ type: AuditTargetResource })
  target!: AuditTargetResource;

  @ApiProperty({ type: String, nullable: true, example: 'org_0199…' })
  organization!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'SHA-256 of the target as it was, in canonical JSON.',
  })
  before_hash!: string | null;

  @ApiProperty({ type: String, nullable: true })
  after_hash!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  detail!: Record<string, unknown>;

  @ApiProperty({ type: String, description: 'Hash of the entry before.' })
  prev_hash!: string;

  @ApiProperty({ type: String, description: 'SHA-256 over everything else in the entry.' })
  hash!: string;
}
