// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Bit counting by the EVM's own instruction (EIP-7939).
/// @dev The only code that differs between EVM versions: a build for one before Osaka takes `BitsPortable.sol` in its
///      place (`scripts/hardhat/portable-bits.ts`).
library Bits {
    /// @notice Number of leading zero bits of `x`; 256 for 0.
    function clz(uint256 x) internal pure returns (uint256 count) {
        assembly ("memory-safe") {
            count := clz(x)
        }
    }
}
