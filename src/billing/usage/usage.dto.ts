import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import { IsInstant, IsPublicId, IsText, MayBeAbsent } from '../../platform/http/fields.decorator.js';
import { GROUPINGS, type UsageSum } from './usage-query.js';

/** Query of GET /usage. */
export class UsageSumQuery {
  @ApiProperty({ format: 'date-time', description: 'Inclusive.' })
  @IsInstant()
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Exclusive.' })
  @IsInstant()
  to!: string;

  @ApiPropertyOptional({ description: `Any of ${GROUPINGS.join(', ')}, with commas; absent: one sum.` })
  @MayBeAbsent()
  @IsText()
  group_by?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsPublicId('project')
  project?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsPublicId('key')
  key?: string;

  @ApiPropertyOptional({ description: 'A model id.' })
  @MayBeAbsent()
  @IsText()
  model?: string;

  @ApiPropertyOptional({ description: "A provider's slug." })
  @MayBeAbsent()
  @IsText()
  provider?: string;
}

/** A sum as the API shows it; only the fields it was grouped by are there. */
export const showUsageSum = (sum: UsageSum) => ({
  ...(sum.organizationId !== undefined && { organization: publicId('organization', sum.organizationId) }),
  ...(sum.projectId !== undefined && { project: publicId('project', sum.projectId) }),
  ...(sum.keyId !== undefined && { key: publicId('key', sum.keyId) }),
  ...(sum.model !== undefined && { model: sum.model }),
  ...(sum.provider !== undefined && { provider: sum.provider }),
  ...(sum.day !== undefined && { day: sum.day }),
  quantities: sum.quantities,
  amount: formatNano(sum.amountNano),
  absorbed: formatNano(sum.absorbedNano),
  provider_cost: formatNano(sum.costNano),
  currency: sum.currency,
});
