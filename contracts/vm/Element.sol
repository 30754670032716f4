// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DType} from "./DType.sol";
import {Float32} from "./Float32.sol";

/// @title Elements: between the bytes of a tensor and the words of the scalar machine
/// @notice An element is its bits as a number, little-endian in memory, 4-bit types two to a byte, the even one in the low
/// nibble. A word is a signed 64-bit integer, sign-extended to 256 bits.
library Element {
    uint256 private constant LOW32 = 0xffffffff;
    uint256 private constant LOW64 = 0xffffffffffffffff;

    /// @dev Bit c is set if the words of type c have a sign: the signed types, and uint64, whose words are signed as all are.
    uint256 private constant SIGNED =
        (1 << DType.INT4) |
            (1 << DType.INT8) |
            (1 << DType.INT16) |
            (1 << DType.INT32) |
            (1 << DType.INT64) |
            (1 << DType.UINT64);

    /// @notice The bits of element `index` of elements that begin at a calldata address.
    function bitsAt(uint256 place, uint256 dtype, uint256 index) internal pure returns (uint256 bits) {
        unchecked {
            uint256 width = DType.bitsOf(dtype);
            uint256 offset = index * width;
            uint256 word;
            assembly ("memory-safe") {
                word := shr(192, calldataload(add(place, shr(3, offset))))
            }
            bits = (swap(word) >> (offset & 7)) & ((1 << width) - 1);
        }
    }

    /// @notice The word that an element loads as.
    function load(uint256 dtype, uint256 bits) internal pure returns (uint256 word) {
        if (dtype == DType.FLOAT32) return Float32.canonical(bits);
        if (dtype == DType.FLOAT16) return Float32.fromHalf(bits);
        if (dtype == DType.BFLOAT16) return Float32.fromBfloat16(bits);
        if (dtype == DType.BOOL) return bits == 0 ? 0 : 1;
        unchecked {
            if ((SIGNED >> dtype) & 1 == 0) return bits;
            uint256 half = 1 << (DType.bitsOf(dtype) - 1);
            return (bits ^ half) - half;
        }
    }

    /// @notice The bits as which a word is stored.
    function store(uint256 dtype, uint256 word) internal pure returns (uint256 bits) {
        if (dtype == DType.FLOAT32) return Float32.canonical(word);
        if (dtype == DType.FLOAT16) return Float32.toHalf(word & LOW32);
        if (dtype == DType.BFLOAT16) return Float32.toBfloat16(word & LOW32);
        if (dtype == DType.BOOL) return word & LOW64 == 0 ? 0 : 1;
        return word & ((1 << DType.bitsOf(dtype)) - 1);
    }

    /// @notice The word that a word becomes when it is stored and loaded again.
    function keep(uint256 dtype, uint256 word) internal pure returns (uint256) {
        return dtype == DType.FLOAT32 ? Float32.canonical(word) : load(dtype, store(dtype, word));
    }

    /// @notice An element stored alone: its bytes from the first byte on, zeros after.
    function pack(uint256 bits) internal pure returns (bytes32) {
        return bytes32(swap(bits) << 192);
    }

    /// @notice The element that begins at byte `offset` of packed ones.
    function unpack(bytes32 packed, uint256 offset, uint256 dtype) internal pure returns (uint256 bits) {
        unchecked {
            bits = swap((uint256(packed) << (8 * offset)) >> 192) & ((1 << DType.bitsOf(dtype)) - 1);
        }
    }

    /// @notice The eight bytes of `x`, reversed.
    function swap(uint256 x) internal pure returns (uint256) {
        unchecked {
            x = ((x >> 8) & 0x00ff00ff00ff00ff) | ((x & 0x00ff00ff00ff00ff) << 8);
            x = ((x >> 16) & 0x0000ffff0000ffff) | ((x & 0x0000ffff0000ffff) << 16);
            return (x >> 32) | ((x & LOW32) << 32);
        }
    }
}
