import { describeEvmClient } from './scenario.mjs';

describeEvmClient('web3', ['ipc', 'http']);
