// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Child} from "./Nursery.sol";

/// What came late: CREATE2, transient storage, MCOPY (through bytes.concat), PUSH0.
contract Garden {
    uint256 public visits;

    event Planted(address indexed child, bytes32 salt);

    /// Only one visitor at a time, told by transient storage (EIP-1153).
    modifier locked() {
        assembly {
            if tload(0) { revert(0, 0) }
            tstore(0, 1)
        }
        _;
        assembly {
            tstore(0, 0)
        }
    }

    function plant(bytes32 salt) external payable locked {
        Child child = (new Child){salt: salt, value: msg.value}(uint256(salt));
        visits++;
        emit Planted(address(child), salt);
    }

    /// Planted and ended within one transaction, twice at the same address.
    function twice(bytes32 salt) external payable {
        for (uint256 i = 0; i < 2; i++) {
            try this.flash{value: msg.value / 2}(salt, payable(msg.sender)) {} catch {}
        }
    }

    function flash(bytes32 salt, address payable heir) external payable {
        Child child = (new Child){salt: salt, value: msg.value}(1);
        child.end(heir);
    }

    /// Comes back into itself and is refused.
    function again(bytes calldata noise) external locked {
        (bool ok,) = address(this).call(bytes.concat(this.again.selector, abi.encode(noise)));
        require(!ok);
        visits++;
    }
}
