import OpenAI from 'openai-v6';
import { describeOpenaiSdk, type OpenaiSdk } from '../../support/openai-cases.js';

describeOpenaiSdk('openai 6', OpenAI as unknown as OpenaiSdk);
