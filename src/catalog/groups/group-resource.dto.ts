import { ApiProperty } from '@nestjs/swagger';
import type { GroupView } from './group-view.js';

/** A group, as documented; groupView makes it. */
export class GroupResource implements GroupView {
  @ApiProperty({ enum: ['group'] })
  object!: 'group';

  @ApiProperty({ type: String, example: 'grp_0199…' })
  id!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: String })
  description!: string;

  @ApiProperty({ type: String, example: '0.9', description: 'Of the list price.' })
  price_multiplier!: string;

  @ApiProperty({ type: [String], nullable: true, description: 'Which serve it; null: all.' })
  deployments!: string[] | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}
