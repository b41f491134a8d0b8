import { describeEvmClient } from './scenario.mjs';

describeEvmClient('cast', ['ipc', 'http']);
