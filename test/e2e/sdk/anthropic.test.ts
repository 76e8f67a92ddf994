import { describeAnthropicSdk } from '../../support/anthropic-cases.js';

describe('the unmodified @anthropic-ai/sdk', describeAnthropicSdk);
