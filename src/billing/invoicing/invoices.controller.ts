import { Body, Get, Header, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { optionalUuid, parsePublicId, publicId } from '../../core/ids.js';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersFile, AnswersList } from '../../platform/http/answers.decorator.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { PublicIdPipe, notFound } from '../../platform/http/public-id.pipe.js';
import { CollectionService } from './dunning/collection.service.js';
import { renderDocument } from './documents/invoice-pdf.js';
import { FinalizationService } from './finalization.service.js';
import { InvoiceEndingService } from './invoice-ending.service.js';
import { InvoiceReadsService } from './invoice-reads.service.js';
import { InvoiceResource } from './invoice-resource.dto.js';
import { showInvoice } from './invoice-view.js';
import { InvoicesQuery, PayInvoiceDto, WriteOffInvoiceDto } from './invoices.dto.js';

const PDF_SUFFIX = /\.pdf$/;
const uuidOf = (text: string): string => {
  const id = parsePublicId('invoice', text);
  if (id === null) throw notFound('invoice', text);
  return id;
};

@FinanceController('invoices', 'Invoices')
export class InvoicesController {
  constructor(
    private readonly reads: InvoiceReadsService,
    private readonly finalization: FinalizationService,
    private readonly ending: InvoiceEndingService,
    private readonly collection: CollectionService,
  ) {}

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List invoices and statements, newest first' })
  @AnswersList(InvoiceResource)
  async list(@Query() query: InvoicesQuery) {
    const rows = await this.reads.list({
      organizationId: optionalUuid('organization', query.organization),
      periodId: optionalUuid('period', query.period),
      status: query.status,
      kind: query.kind,
      limit: query.limit + 1,
      beforeId: readCursor(query.cursor, 'uuid'),
    });
    return listPage({ rows, limit: query.limit, keyOf: ({ id }) => id, toItem: showInvoice });
  }

  @Get(':invoice.pdf')
  @AdminRead()
  @Header('cache-control', 'private, no-store')
  @ApiOperation({
    summary: 'Get the PDF of an issued invoice',
    description: 'The same bytes whenever it is asked for.',
  })
  @AnswersFile('application/pdf')
  async pdf(@Param('invoice') text: string): Promise<StreamableFile> {
    const invoice = await this.reads.getIssued(uuidOf(text.replace(PDF_SUFFIX, '')));
    return new StreamableFile(await renderDocument(invoice.document), {
      type: 'application/pdf',
      disposition: `inline; filename="${invoice.numberText}.pdf"`,
    });
  }

  @Get(':invoice')
  @AdminRead()
  @ApiOperation({ summary: 'Get an invoice with its lines, taxes, payments and credit notes' })
  @Answers(InvoiceResource)
  get(@Param('invoice', new PublicIdPipe('invoice')) id: string) {
    return this.reads.getInFull(id);
  }

  @Post(':invoice/finalize')
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Issue a draft: it gets its number and is owed from now on' })
  @Answers(InvoiceResource)
  async finalize(@Param('invoice', new PublicIdPipe('invoice')) id: string, @Actor() actor: AdminActor) {
    return showInvoice(await this.finalization.finalize(id, actor));
  }

  @Post(':invoice/void')
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: 'Take an issued invoice back; its usage gets a new draft',
    description: 'Its number stays.',
  })
  @Answers(InvoiceResource)
  async void(@Param('invoice', new PublicIdPipe('invoice')) id: string, @Actor() actor: AdminActor) {
    return showInvoice(await this.ending.void(id, actor));
  }

  @Post(':invoice/write-off')
  @HttpCode(200)
  @AdminAccess('owner', 'finance')
  @ApiOperation({
    summary: 'Write off what is due of an invoice',
    description:
      "A loss in the books. The customer's keys stop until finance lifts the block; it can still be paid.",
  })
  @Answers(InvoiceResource)
  async writeOff(
    @Param('invoice', new PublicIdPipe('invoice')) id: string,
    @Body() body: WriteOffInvoiceDto,
    @Actor() actor: AdminActor,
  ) {
    return showInvoice(await this.ending.writeOff(id, body.reason, actor));
  }

  @Post(':invoice/pay')
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: 'Charge the payment method now, or say that a transfer has come',
    description: "With a bank's reference a transfer has brought all that is due.",
  })
  @Answers(InvoiceResource)
  async pay(
    @Param('invoice', new PublicIdPipe('invoice')) id: string,
    @Body() body: PayInvoiceDto,
    @Actor() actor: AdminActor,
  ) {
    if (body.reference !== undefined)
      return showInvoice(await this.ending.markPaid(id, body.reference, actor));
    const attempt = await this.collection.charge(id, actor);
    return { ...showInvoice(await this.reads.get(id)), payment: publicId('payment', attempt.id) };
  }
}
