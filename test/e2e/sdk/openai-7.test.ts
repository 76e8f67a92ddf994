import OpenAI from 'openai';
import { describeOpenaiSdk } from '../../support/openai-cases.js';

describeOpenaiSdk('openai 7', OpenAI);
