import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsCurrency, IsDay, IsMoney, MayBeNull } from '../../../platform/http/fields.decorator.js';

const DAY = { type: String, format: 'date', example: '2027-01-01' } as const;

/** Body of POST …/commitments. */
export class CreateCommitmentDto {
  @ApiProperty({
    example: '1000.00',
    description: 'Usage of a calendar month before tax; what a month lacks to it is charged on its invoice.',
  })
  @IsMoney({ positive: true, max: '1000000000' })
  amount!: string;

  @ApiProperty({ example: 'USD', description: 'That of the organization.' })
  @IsCurrency()
  currency!: string;

  @ApiProperty({
    ...DAY,
    description:
      "First day, in the organization's time zone; of the present month or later. A commitment without an end that began earlier ends here.",
  })
  @IsDay()
  valid_from!: string;

  @ApiPropertyOptional({
    ...DAY,
    nullable: true,
    example: '2028-01-01',
    description: 'First day no longer in it. Absent or null: until it is ended.',
  })
  @MayBeNull()
  @IsDay()
  valid_until?: string | null;
}

/** Body of POST …/commitments/{commitment}/end. */
export class EndCommitmentDto {
  @ApiProperty({
    ...DAY,
    description:
      'First day no longer in it: of the present month or later, and no later than it ends already. Its own first day: it never held.',
  })
  @IsDay()
  valid_until!: string;
}

/** A commitment, as documented; showCommitment makes it. */
export class CommitmentResource {
  @ApiProperty({ enum: ['commitment'] })
  object!: 'commitment';

  @ApiProperty({ type: String, example: 'cmt_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, example: '1000.000000000' })
  amount!: string;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty(DAY)
  valid_from!: string;

  @ApiProperty({ ...DAY, nullable: true, description: 'First day no longer in it.' })
  valid_until!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}
