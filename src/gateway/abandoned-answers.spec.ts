import { AbandonedAnswers } from './abandoned-answers.js';

it('reads as many answers on as there is room for, and another when one has ended', () => {
  const answers = new AbandonedAnswers({ forMs: 500, atMost: 2 });
  expect([answers.enter(), answers.enter(), answers.enter()]).toEqual([500, 500, 0]);
  answers.leave();
  expect([answers.enter(), answers.enter()]).toEqual([500, 0]);
});

it('reads none on when told so', () => {
  expect(new AbandonedAnswers({ forMs: 0, atMost: 2 }).enter()).toBe(0);
});
