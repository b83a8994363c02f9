// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

// Contracts that a fork demands at fixed addresses. They behave as their EIPs say where a chain of our own can see it; the
// code is ours, so a made chain does not depend on anybody's bytecode.

address constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;
uint256 constant RING = 8191;

/// EIP-4788: beacon roots by timestamp, in a ring.
contract BeaconRoots {
    fallback(bytes calldata input) external returns (bytes memory) {
        if (msg.sender == SYSTEM) {
            assembly {
                let place := mod(timestamp(), RING)
                sstore(place, timestamp())
                sstore(add(place, RING), calldataload(0))
            }
            return "";
        }
        require(input.length == 32);
        uint256 wanted = uint256(bytes32(input));
        uint256 found;
        bytes32 root;
        assembly {
            let place := mod(wanted, RING)
            found := sload(place)
            root := sload(add(place, RING))
        }
        require(wanted != 0 && found == wanted);
        return abi.encode(root);
    }
}

/// EIP-2935: hashes of the blocks before, in a ring.
contract BlockHashes {
    fallback(bytes calldata input) external returns (bytes memory) {
        if (msg.sender == SYSTEM) {
            assembly {
                sstore(mod(sub(number(), 1), RING), calldataload(0))
            }
            return "";
        }
        require(input.length == 32);
        uint256 wanted = uint256(bytes32(input));
        require(wanted < block.number && wanted + RING >= block.number);
        bytes32 hash;
        assembly {
            hash := sload(mod(wanted, RING))
        }
        return abi.encode(hash);
    }
}

/// A queue of records: anybody puts in, the system call at the end of the block takes out.
abstract contract Requests {
    bytes[] internal queue;
    uint256 internal head;

    function drain(uint256 most) internal returns (bytes memory out) {
        for (; most > 0 && head < queue.length; most--) {
            out = bytes.concat(out, queue[head]);
            delete queue[head++];
        }
        if (head == queue.length) {
            delete queue;
            head = 0;
        }
    }
}

/// EIP-7002: withdrawal requests of validators, with a constant fee.
contract WithdrawalRequests is Requests {
    fallback(bytes calldata input) external payable returns (bytes memory) {
        if (msg.sender == SYSTEM) return drain(16);
        if (input.length == 0) return abi.encode(uint256(1));
        require(input.length == 56 && msg.value >= 1);
        bytes memory amount = new bytes(8);
        for (uint256 i = 0; i < 8; i++) amount[i] = input[55 - i];
        queue.push(bytes.concat(bytes20(msg.sender), input[:48], amount));
        return "";
    }
}

/// EIP-7251: consolidation requests of validators, with a constant fee.
contract ConsolidationRequests is Requests {
    fallback(bytes calldata input) external payable returns (bytes memory) {
        if (msg.sender == SYSTEM) return drain(2);
        if (input.length == 0) return abi.encode(uint256(1));
        require(input.length == 96 && msg.value >= 1);
        queue.push(bytes.concat(bytes20(msg.sender), input));
        return "";
    }
}

/// The deposit contract as far as a block can tell (EIP-6110): its log.
contract Deposits {
    uint64 internal count;

    event DepositEvent(bytes pubkey, bytes withdrawal_credentials, bytes amount, bytes signature, bytes index);

    function deposit(bytes calldata pubkey, bytes calldata credentials, bytes calldata signature) external payable {
        require(pubkey.length == 48 && credentials.length == 32 && signature.length == 96);
        emit DepositEvent(pubkey, credentials, littleEndian(uint64(msg.value / 1 gwei)), signature, littleEndian(count++));
    }

    function littleEndian(uint64 number) private pure returns (bytes memory out) {
        out = new bytes(8);
        for (uint256 i = 0; i < 8; i++) out[i] = bytes1(uint8(number >> (8 * i)));
    }
}
