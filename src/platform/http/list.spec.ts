import { FaregateError } from '../../core/errors.js';
import { listPage, readCursor } from './list.js';

const page = (rows: string[], limit: number) =>
  listPage({ rows, limit, keyOf: (row) => row, toItem: (row) => ({ id: row }) });

describe('a list', () => {
  it('says whether there is more, and where the next page starts', () => {
    const { data, has_more, next_cursor } = page(['30', '20', '10'], 2);
    expect(data).toEqual([{ id: '30' }, { id: '20' }]);
    expect(has_more).toBe(true);
    expect(readCursor(next_cursor ?? '', 'number')).toBe('20');
  });

  it('has no next page when all rows fit', () => {
    expect(page(['30', '20'], 2)).toMatchObject({ has_more: false, next_cursor: null });
    expect(page([], 2)).toEqual({ object: 'list', data: [], has_more: false, next_cursor: null });
  });

  it.each(['', 'x', '!!!!', 'MTIz=', Buffer.from("1'; drop").toString('base64url')])(
    'refuses the cursor %p',
    (cursor) => {
      expect(() => readCursor(cursor, 'number')).toThrow(FaregateError);
      expect(() => readCursor(cursor, 'uuid')).toThrow(FaregateError);
    },
  );
});
