import { describeRawBytes } from './scenario.mjs';

describeRawBytes();
