import { ApiProperty } from '@nestjs/swagger';
import { IsMoney, IsOneOf } from '../../platform/http/fields.decorator.js';
import { BUDGET_WINDOWS, type BudgetWindow } from './budget.js';

export class BudgetDto {
  @ApiProperty({
    example: '100.00',
    description: 'Most that may be spent in one window, as a decimal string.',
  })
  @IsMoney({ min: '0' })
  amount!: string;

  @ApiProperty({ enum: BUDGET_WINDOWS, description: 'Windows are UTC.' })
  @IsOneOf(...BUDGET_WINDOWS)
  window!: BudgetWindow;
}
