import { ApiProperty } from '@nestjs/swagger';
import type { showCredit } from './credits.dto.js';

/** A credit grant, as documented; showCredit makes it. */
export class CreditResource implements ReturnType<typeof showCredit> {
  @ApiProperty({ enum: ['credit'] })
  object!: 'credit';

  @ApiProperty({ type: String, example: 'cred_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ enum: ['paid', 'promo', 'goodwill'] })
  kind!: 'paid' | 'promo' | 'goodwill';

  @ApiProperty({ type: String, example: '10.000000000' })
  amount!: string;

  @ApiProperty({ type: String, example: '7.500000000', description: 'What is left of it.' })
  remaining!: string;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty({ type: String })
  reason!: string;

  @ApiProperty({ enum: ['sale', 'use'] })
  tax_point!: 'sale' | 'use';

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: never.' })
  expires_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}
