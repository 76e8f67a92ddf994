import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInstant, IsOneOf, IsPublicId, IsText, MayBeAbsent } from '../../platform/http/fields.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { REQUEST_STATUSES, type RequestStatus } from './request-record.js';

/** Query of GET /requests. */
export class RequestListQuery extends ListQuery {
  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsPublicId('key')
  key?: string;

  @ApiPropertyOptional({ description: 'A model id.' })
  @MayBeAbsent()
  @IsText()
  model?: string;

  @ApiPropertyOptional({ enum: REQUEST_STATUSES })
  @MayBeAbsent()
  @IsOneOf(...REQUEST_STATUSES)
  status?: RequestStatus;

  @ApiPropertyOptional({ format: 'date-time', description: 'Started at or after.' })
  @MayBeAbsent()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Started before.' })
  @MayBeAbsent()
  @IsInstant()
  to?: string;
}
