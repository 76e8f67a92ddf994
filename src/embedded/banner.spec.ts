import { greeting } from './banner.js';

const STARTED = { url: 'http://127.0.0.1:8080', keys: null, isEmbedded: true, hasRedis: false };

it('says that the simulator answers, or why it does not', () => {
  const off = 'the simulator is off: models without a real provider answer 503';
  expect(greeting({ ...STARTED, isSimulated: true })).toContain(
    'a simulator answers in place of the vendors',
  );
  expect(greeting({ ...STARTED, isSimulated: true })).not.toContain(off);
  expect(greeting({ ...STARTED, isSimulated: false })).toContain(off);
});
