// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Element types
/// @notice A type is its ONNX `TensorProto.DataType` code. Its width is looked up in one word per question, so that a code
/// that is no type costs nothing extra and has width 0.
library DType {
    uint256 internal constant FLOAT32 = 1;
    uint256 internal constant UINT8 = 2;
    uint256 internal constant INT8 = 3;
    uint256 internal constant UINT16 = 4;
    uint256 internal constant INT16 = 5;
    uint256 internal constant INT32 = 6;
    uint256 internal constant INT64 = 7;
    uint256 internal constant BOOL = 9;
    uint256 internal constant FLOAT16 = 10;
    uint256 internal constant UINT32 = 12;
    uint256 internal constant UINT64 = 13;
    uint256 internal constant BFLOAT16 = 16;
    uint256 internal constant UINT4 = 21;
    uint256 internal constant INT4 = 22;

    /// @dev Byte 31 - c is the width in bits of type c; `dtype.test.ts` compares it with the types above.
    uint256 private constant WIDTHS = 0x0000000000000000000404000000001000004020001008004020101008082000;

    /// @notice Bits of one element; 0 if the code is no type.
    function bitsOf(uint256 dtype) internal pure returns (uint256 bits) {
        assembly ("memory-safe") {
            // byte() is 0 from index 32 on, and 31 - dtype wraps there.
            bits := byte(sub(31, dtype), WIDTHS)
        }
    }

    /// @notice Bytes of one element stored alone: a 4-bit element takes a byte.
    function bytesOf(uint256 dtype) internal pure returns (uint256) {
        return (bitsOf(dtype) + 7) >> 3;
    }
}
