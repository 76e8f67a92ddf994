import { ApiProperty } from '@nestjs/swagger';
import { CATALOG_STATUSES, SPOKEN_PROTOCOLS } from '../model.js';
import type { ProviderView } from './provider-view.js';

/** A provider, as documented; providerView makes it. */
export class ProviderResource implements ProviderView {
  @ApiProperty({ enum: ['provider'] })
  object!: 'provider';

  @ApiProperty({ type: String, example: 'prov_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'openai' })
  slug!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: String, description: "The vendor's habits." })
  adapter!: string;

  @ApiProperty({ enum: SPOKEN_PROTOCOLS })
  protocol!: ProviderView['protocol'];

  @ApiProperty({ type: String, example: 'https://api.openai.com/v1' })
  base_url!: string;

  @ApiProperty({ type: Boolean, description: 'Whether it has a credential; none is ever shown.' })
  credential_set!: boolean;

  @ApiProperty({ type: String, nullable: true, example: 'eu-west-1' })
  region!: string | null;

  @ApiProperty({ type: Boolean })
  eu_native!: boolean;

  @ApiProperty({ type: Boolean })
  zero_data_retention!: boolean;

  @ApiProperty({ type: Boolean })
  allow_private_network!: boolean;

  @ApiProperty({ type: Boolean, description: 'The upstream simulator of a first start.' })
  simulated!: boolean;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  headers!: Record<string, string>;

  @ApiProperty({ enum: CATALOG_STATUSES })
  status!: ProviderView['status'];

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}
