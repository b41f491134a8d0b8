// The contract that every EVM client deploys and uses; compiled once, by solc 0.8.30 (optimizer on,
// EVM paris, no metadata), from:
//
//   contract Ledger {
//       error TooLow(uint256 given, uint256 least);
//       event Stored(address indexed by, uint256 value, string note);
//       uint256 public value;
//       constructor(uint256 first) { value = first; }
//       function store(uint256 next, string calldata note) external {
//           if (next < 10) revert TooLow(next, 10);
//           value = next;
//           emit Stored(msg.sender, next, note);
//       }
//       function refuse(string calldata reason) external pure { revert(reason); }
//   }

export const bytecode =
  '0x' +
  '6080604052348015600f57600080fd5b506040516102b83803806102b8833981016040819052602c916033565b' +
  '600055604b565b600060208284031215604457600080fd5b5051919050565b61025e8061005a6000396000f3fe' +
  '608060405234801561001057600080fd5b50600436106100415760003560e01c80632a3b79b214610046578063' +
  '3fa4f2451461005b578063e1ff178a14610076575b600080fd5b61005961005436600461016a565b610089565b' +
  '005b61006460005481565b60405190815260200160405180910390f35b6100596100843660046101ab565b6100' +
  'ae565b818160405162461bcd60e51b81526004016100a592919061021f565b60405180910390fd5b600a831015' +
  '6100da57604051637e4b459360e01b815260048101849052600a60248201526044016100a5565b600083905560' +
  '405133907f1746da8bb29191d72160235494a0cf8c57a155580d02593e1f14f9a4ddd525f59061011590869086' +
  '90869061023b565b60405180910390a2505050565b60008083601f84011261013457600080fd5b508135600160' +
  '0160401b0381111561014b57600080fd5b60208301915083602082850101111561016357600080fd5b92509290' +
  '50565b6000806020838503121561017d57600080fd5b82356001600160401b0381111561019357600080fd5b61' +
  '019f85828601610122565b90969095509350505050565b6000806000604084860312156101c057600080fd5b83' +
  '35925060208401356001600160401b038111156101dd57600080fd5b6101e986828701610122565b9497909650' +
  '939450505050565b81835281816020850137506000828201602090810191909152601f909101601f1916909101' +
  '0190565b6020815260006102336020830184866101f6565b949350505050565b83815260406020820152600061' +
  '02556040830184866101f6565b9594505050505056';

export const abi = [
  {
    type: 'constructor',
    stateMutability: 'nonpayable',
    inputs: [{ name: 'first', type: 'uint256' }],
  },
  {
    type: 'error',
    name: 'TooLow',
    inputs: [
      { name: 'given', type: 'uint256' },
      { name: 'least', type: 'uint256' },
    ],
  },
  {
    type: 'event',
    name: 'Stored',
    anonymous: false,
    inputs: [
      { name: 'by', type: 'address', indexed: true },
      { name: 'value', type: 'uint256', indexed: false },
      { name: 'note', type: 'string', indexed: false },
    ],
  },
  {
    type: 'function',
    name: 'refuse',
    stateMutability: 'pure',
    inputs: [{ name: 'reason', type: 'string' }],
    outputs: [],
  },
  {
    type: 'function',
    name: 'store',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'next', type: 'uint256' },
      { name: 'note', type: 'string' },
    ],
    outputs: [],
  },
  {
    type: 'function',
    name: 'value',
    stateMutability: 'view',
    inputs: [],
    outputs: [{ name: '', type: 'uint256' }],
  },
];

// store(9, ""): reverts with TooLow(9, 10).
export const tooLowCall =
  '0xe1ff178a' +
  '0000000000000000000000000000000000000000000000000000000000000009' +
  '0000000000000000000000000000000000000000000000000000000000000040' +
  '0000000000000000000000000000000000000000000000000000000000000000';
export const tooLowData =
  '0x7e4b4593' +
  '0000000000000000000000000000000000000000000000000000000000000009' +
  '000000000000000000000000000000000000000000000000000000000000000a';
