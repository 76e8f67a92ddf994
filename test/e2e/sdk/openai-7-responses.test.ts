import OpenAI from 'openai';
import { describeResponsesSdk } from '../../support/responses-cases.js';

describeResponsesSdk('openai 7', OpenAI);
