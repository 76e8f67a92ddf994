import { ApiProperty } from '@nestjs/swagger';
import { IsInstant } from '../../../platform/http/fields.decorator.js';

/** Query of GET …/statement. */
export class StatementQuery {
  @ApiProperty({ format: 'date-time', description: 'Inclusive.' })
  @IsInstant()
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Exclusive.' })
  @IsInstant()
  to!: string;
}
