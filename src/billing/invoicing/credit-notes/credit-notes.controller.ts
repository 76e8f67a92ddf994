import { Body, Get, Header, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { optionalUuid, parsePublicId, uuidv7 } from '../../../core/ids.js';
import { parseNano } from '../../../core/money.js';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import {
  Answers,
  AnswersCreated,
  AnswersFile,
  AnswersList,
} from '../../../platform/http/answers.decorator.js';
import { OperationKey } from '../../../platform/http/idempotency.interceptor.js';
import { listPage, readCursor } from '../../../platform/http/list.js';
import { notFound, PublicIdPipe } from '../../../platform/http/public-id.pipe.js';
import { renderDocument } from '../documents/invoice-pdf.js';
import { CreateCreditNoteDto, CreditNotesQuery } from '../invoices.dto.js';
import { showCreditNote } from './credit-note-view.js';
import { remainingParts, type Creditable, type CreditedPart } from './credit-note.js';
import { CreditNotesService } from './credit-notes.service.js';
import { CreditNoteResource } from './credit-note-resource.dto.js';

@FinanceController('', 'Credit notes')
export class CreditNotesController {
  constructor(private readonly notes: CreditNotesService) {}

  @Post('invoices/:invoice/credit-notes')
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: 'Give back a part of an issued invoice, or all that is left of it',
    description: 'With the tax it bore.',
  })
  @AnswersCreated(CreditNoteResource)
  async create(
    @Param('invoice', new PublicIdPipe('invoice')) invoiceId: string,
    @Body() body: CreateCreditNoteDto,
    @Actor() actor: AdminActor,
    @OperationKey() operationKey: string | null,
  ) {
    const { reason, memo, lines } = body;
    const parts = (creditable: Creditable): CreditedPart[] =>
      lines?.map(({ line, amount }) => ({ seq: line, amountNano: parseNano(amount) })) ??
      remainingParts(creditable);
    const idempotencyKey = operationKey ?? `credit_note:${uuidv7()}`;
    return showCreditNote(await this.notes.issue({ invoiceId, parts, reason, memo, idempotencyKey }, actor));
  }

  @Get('credit-notes')
  @AdminRead()
  @ApiOperation({ summary: 'List credit notes, newest first' })
  @AnswersList(CreditNoteResource)
  async list(@Query() query: CreditNotesQuery) {
    const rows = await this.notes.list({
      organizationId: optionalUuid('organization', query.organization),
      invoiceId: optionalUuid('invoice', query.invoice),
      beforeId: readCursor(query.cursor, 'uuid'),
      limit: query.limit + 1,
    });
    return listPage({ rows, limit: query.limit, keyOf: ({ id }) => id, toItem: showCreditNote });
  }

  @Get('credit-notes/:note.pdf')
  @AdminRead()
  @Header('cache-control', 'private, no-store')
  @ApiOperation({
    summary: 'Get the PDF of a credit note',
    description: 'The same bytes whenever it is asked for.',
  })
  @AnswersFile('application/pdf')
  async pdf(@Param('note') text: string): Promise<StreamableFile> {
    const id = parsePublicId('creditNote', text.replace(/\.pdf$/, ''));
    if (id === null) throw notFound('creditNote', text);
    const note = await this.notes.get(id);
    return new StreamableFile(await renderDocument(note.document), {
      type: 'application/pdf',
      disposition: `inline; filename="${note.numberText}.pdf"`,
    });
  }

  @Get('credit-notes/:note')
  @AdminRead()
  @ApiOperation({ summary: 'Get a credit note' })
  @Answers(CreditNoteResource)
  async get(@Param('note', new PublicIdPipe('creditNote')) id: string) {
    return showCreditNote(await this.notes.get(id));
  }
}
