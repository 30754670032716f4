// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Passes calls on, as a smart account does.
contract Relay {
    function pass(address target, bytes calldata data) external payable {
        (bool succeeded, bytes memory result) = target.call{value: msg.value}(data);
        if (succeeded) return;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }
}
