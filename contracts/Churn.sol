// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// Work of every kind: storage set and cleared, hashes, block data, calls that fail, logs, precompiles.
contract Churn {
    mapping(uint256 => uint256) public cells;
    uint256 public counter;

    event Worked(uint256 indexed kind, uint256 result);

    function fill(uint256 from, uint256 count) external {
        for (uint256 i = from; i < from + count; i++) cells[i] = i + 1;
    }

    function clear(uint256 from, uint256 count) external {
        for (uint256 i = from; i < from + count; i++) delete cells[i];
    }

    function count() external {
        counter++;
    }

    function hash(uint256 rounds) external returns (bytes32 h) {
        h = blockhash(block.number - 1);
        for (uint256 i = 0; i < rounds; i++) h = keccak256(abi.encodePacked(h, i, block.timestamp));
        counter += uint256(h) & 1;
        emit Worked(1, uint256(h));
    }

    function recover(bytes32 message, uint8 v, bytes32 r, bytes32 s) external {
        address signer = ecrecover(message, v, r, s);
        emit Worked(2, uint160(signer));
        emit Worked(3, uint256(sha256(abi.encodePacked(message))));
    }

    function refuse(uint256 limit) public view {
        require(counter > limit, "refused");
    }

    /// An inner call that fails must leave nothing behind.
    function tryRefuse() external {
        (bool ok,) = address(this).call(abi.encodeWithSelector(this.countAndRefuse.selector));
        emit Worked(4, ok ? 1 : 0);
    }

    function countAndRefuse() external {
        counter++;
        refuse(type(uint256).max - 1);
    }

    receive() external payable {}
}
