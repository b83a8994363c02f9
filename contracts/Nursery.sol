// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// A contract that lives until somebody ends it.
contract Child {
    uint256 public value;

    constructor(uint256 first) payable {
        value = first;
    }

    function set(uint256 next) external {
        value = next;
    }

    function end(address payable heir) external {
        selfdestruct(heir);
    }
}

/// Makes children, ends the oldest, and does both within one call: creation and SELFDESTRUCT in all their orders.
contract Nursery {
    Child[] public children;
    uint256 public firstAlive;

    function make(uint256 value) external payable {
        children.push((new Child){value: msg.value}(value));
    }

    function endOldest() external {
        if (firstAlive == children.length) return;
        children[firstAlive++].end(payable(msg.sender));
    }

    function flash(uint256 value) external payable {
        Child child = (new Child){value: msg.value}(value);
        child.set(value + 1);
        child.end(payable(msg.sender));
    }
}
