import OpenAI from 'openai-v6';
import type { OpenaiSdk } from '../../support/openai-cases.js';
import { describeResponsesSdk } from '../../support/responses-cases.js';

describeResponsesSdk('openai 6', OpenAI as unknown as OpenaiSdk);
