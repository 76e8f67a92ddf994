import { CatalogService } from '../../src/catalog/catalog.service.js';
import { isDeepStrictEqual } from 'node:util';
import { recordingsOf } from '../support/recordings.js';
import { serveModel, startGateway, type TestGateway } from '../support/gateway.js';
import { newSeed } from '../support/random.js';
import { RECORDED_VENDORS, recordedAnswers, type RecordedAnswer } from '../support/recorded-answers.js';
import { DOORS, nativeModel, read, type Door, type Reading } from '../support/recorded-readings.js';
import { recordedModel, startRecordedUpstream, type RecordedUpstream } from '../support/recorded-upstream.js';
import { ALLOWED_LOSSES, type AllowedLoss, type Field } from './allowed-losses.js';

const seed = Number(process.env['RECORDINGS_SEED'] ?? newSeed());
const answers = recordedAnswers();
const doors = Object.keys(DOORS) as Door[];
const FIELDS: readonly Field[] = ['text', 'reasoning', 'calls', 'finish', 'usage', 'failure'];

/**
 * What unmodified clients read from every recorded answer through the gateway, by every route, against what the
 * vendor's own provider reads from it without. Prices and caller are those of any test; each recording is a model.
 */
describe(`recorded answers through the gateway (RECORDINGS_SEED=${seed})`, () => {
  let gateway: TestGateway;
  let upstream: RecordedUpstream;
  const needed = new Set<AllowedLoss>();

  beforeAll(async () => {
    [gateway, upstream] = await Promise.all([startGateway(), startRecordedUpstream(answers, seed)]);
    const serve = ({ vendor, protocol }: RecordedAnswer, index: number) =>
      serveModel(gateway.pool, {
        id: recordedModel(index),
        adapter: RECORDED_VENDORS[vendor],
        protocol,
        upstreamModel: recordedModel(index),
        baseUrl: `${upstream.origin}/${protocol === 'google-gemini' ? 'v1beta' : 'v1'}`,
        prices: { input: 1_000_000n, output: 2_000_000n },
      });
    await Promise.all(answers.map(serve));
    // What the gateway has read by itself may be a model whose price came a moment later.
    await gateway.api.app.get(CatalogService).refresh();
  }, 120_000);
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** Differences that the list does not allow; those that it allows are noted as needed. */
  const unexplained = (name: string, door: Door, native: Reading, seen: Reading): object[] =>
    FIELDS.filter((field) => !isDeepStrictEqual(native[field], seen[field])).flatMap((field) => {
      const allowed = ALLOWED_LOSSES.find(
        (loss) =>
          loss.recordings.test(name) &&
          loss.doors.includes(door) &&
          loss.fields.includes(field) &&
          loss.permits(native, seen),
      );
      if (allowed) needed.add(allowed);
      return allowed ? [] : [{ door, field, native: native[field], seen: seen[field] }];
    });

  it('are all there', () => {
    const files = Object.keys(RECORDED_VENDORS).flatMap((vendor) => recordingsOf(vendor, /./));
    const served = new Set(answers.map(({ name }) => name.replace(/ turn \d+$/, '')));
    const left = files.map(({ name }) => name).filter((name) => !served.has(name));
    expect(left).toEqual([
      'openai/completion__openai-completion-text.chunks.txt',
      'openai/completion__openai-completion-text.json',
      'openai/embedding__openai-embedding.json',
    ]);
    expect(served.size).toBeGreaterThanOrEqual(180);
  });

  it.each(answers.map((answer, index) => ({ ...answer, index })))(
    '$name reads alike by every route',
    async ({ index, ...answer }) => {
      const native = await read(nativeModel(answer), answer.streamed);
      const model = recordedModel(index);
      const seen = await Promise.all(
        doors.map((door) => read(DOORS[door](gateway.url, gateway.secret, model), answer.streamed)),
      );
      const found = doors.map((door, place) => [door, seen[place]] as const);
      expect(
        found.flatMap(([door, reading]) =>
          reading ? unexplained(answer.name, door, native, reading) : [door],
        ),
      ).toEqual([]);
    },
  );

  it('need every allowed loss that is written down', () => {
    const idle = ALLOWED_LOSSES.filter((loss) => !needed.has(loss));
    expect(idle.map(({ recordings, reason }) => `${recordings}: ${reason}`)).toEqual([]);
  });
});
