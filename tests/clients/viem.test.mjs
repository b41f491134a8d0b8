import { describeEvmClient } from './scenario.mjs';

describeEvmClient('viem', ['ipc', 'http']);
