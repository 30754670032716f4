// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DType} from "./DType.sol";

/// @title The description that stands in a tensor's commitment
/// @notice 25 bytes, big-endian, here as one number:
///
/// bit  200     192     128      64             32           0
///      │ dtype │ count │  rows  │  groupStart  │  groupEnd  │
library TensorDescription {
    /// @notice dtype of a description.
    function dtype(uint256 description) internal pure returns (uint256) {
        return description >> 192;
    }

    function count(uint256 description) internal pure returns (uint256) {
        return (description >> 128) & type(uint64).max;
    }

    function rows(uint256 description) internal pure returns (uint256) {
        return (description >> 64) & type(uint64).max;
    }

    function groupStart(uint256 description) internal pure returns (uint256) {
        return (description >> 32) & type(uint32).max;
    }

    function groupEnd(uint256 description) internal pure returns (uint256) {
        return description & type(uint32).max;
    }

    /// @notice Elements under one leaf, as a power of two's exponent.
    function leafElementsLog2(uint256 type_) internal pure returns (uint256 exponent) {
        uint256 bits = DType.bitsOf(type_);
        assembly ("memory-safe") {
            // 1024 / bits for bits = 4, 8, 16, 32, 64.
            exponent := sub(8, add(add(gt(bits, 4), gt(bits, 8)), add(gt(bits, 16), gt(bits, 32))))
        }
    }

    /// @notice Leaves of a tensor before padding, at least one.
    function leafCount(uint256 type_, uint256 elements) internal pure returns (uint256) {
        unchecked {
            return elements == 0 ? 1 : ((elements - 1) >> leafElementsLog2(type_)) + 1;
        }
    }

    /// @notice keccak256(0x02 ‖ description ‖ root).
    function commitment(uint256 description, bytes32 root) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, or(shl(248, 2), shl(48, description)))
            mstore(26, root)
            hash := keccak256(0, 58)
        }
    }
}
