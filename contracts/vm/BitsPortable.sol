// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Bit counting without the `clz` instruction (EIP-7939), by halving.
/// @dev Stands in the place of `Bits.sol` in builds for EVM versions before Osaka, some 150 gas dearer a call; compiled
///      in every build, so that the tests compare the two.
library BitsPortable {
    /// @notice Number of leading zero bits of `x`; 256 for 0.
    function clz(uint256 x) internal pure returns (uint256 count) {
        assembly ("memory-safe") {
            // If the upper half of what is left is zero, drop it.
            count := shl(7, iszero(shr(128, x)))
            count := or(count, shl(6, iszero(shr(192, shl(count, x)))))
            count := or(count, shl(5, iszero(shr(224, shl(count, x)))))
            count := or(count, shl(4, iszero(shr(240, shl(count, x)))))
            count := or(count, shl(3, iszero(shr(248, shl(count, x)))))
            count := or(count, shl(2, iszero(shr(252, shl(count, x)))))
            // Leading zeros of the four bits that are left.
            count := add(
                count,
                byte(shr(252, shl(count, x)), 0x0403020201010101000000000000000000000000000000000000000000000000)
            )
        }
    }
}
