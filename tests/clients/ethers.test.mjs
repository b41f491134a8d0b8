import { describeEvmClient } from './scenario.mjs';

describeEvmClient('ethers', ['ipc', 'http']);
