// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "../vm/Float32.sol";

/// @title Float32 by number and in bulk, for tests: one call applies one operation to thousands of operand tuples.
/// @notice Operands are packed big-endian without gaps, tuple by tuple, `operandBytes` each; results likewise,
///         `resultBytes` each. `dirt` is put above each operand in its word and must not matter. The numbers of the
///         operations are their places in the selectors below, repeated in `test/helpers/float32-operations.ts`.
contract Float32Harness {
    /// @notice No operation has this number.
    error Float32Harness_UnknownOperation(uint256 number);

    /// @notice A result had bits above its width.
    error Float32Harness_DirtyResult(uint256 number, uint256 result);

    function applyUnary(
        uint256 number,
        bytes calldata operands,
        uint256 operandBytes,
        uint256 resultBytes,
        uint256 dirt
    ) external pure returns (bytes memory results) {
        function(uint256) pure returns (uint256) operation = _unary(number);
        uint256 count = operands.length / operandBytes;
        results = new bytes(count * resultBytes + 32);
        for (uint256 i = 0; i < count; ++i) {
            uint256 a = _word(operands, i, operandBytes, dirt);
            _put(results, i, resultBytes, operation(a), number);
        }
        _setLength(results, count * resultBytes);
    }

    function applyBinary(
        uint256 number,
        bytes calldata operands,
        uint256 operandBytes,
        uint256 resultBytes,
        uint256 dirt
    ) external pure returns (bytes memory results) {
        function(uint256, uint256) pure returns (uint256) operation = _binary(number);
        uint256 count = operands.length / (2 * operandBytes);
        results = new bytes(count * resultBytes + 32);
        for (uint256 i = 0; i < count; ++i) {
            uint256 a = _word(operands, 2 * i, operandBytes, dirt);
            uint256 b = _word(operands, 2 * i + 1, operandBytes, dirt);
            _put(results, i, resultBytes, operation(a, b), number);
        }
        _setLength(results, count * resultBytes);
    }

    function applyTernary(
        uint256 number,
        bytes calldata operands,
        uint256 operandBytes,
        uint256 resultBytes,
        uint256 dirt
    ) external pure returns (bytes memory results) {
        function(uint256, uint256, uint256) pure returns (uint256) operation = _ternary(number);
        uint256 count = operands.length / (3 * operandBytes);
        results = new bytes(count * resultBytes + 32);
        for (uint256 i = 0; i < count; ++i) {
            uint256 a = _word(operands, 3 * i, operandBytes, dirt);
            uint256 b = _word(operands, 3 * i + 1, operandBytes, dirt);
            uint256 c = _word(operands, 3 * i + 2, operandBytes, dirt);
            _put(results, i, resultBytes, operation(a, b, c), number);
        }
        _setLength(results, count * resultBytes);
    }

    function _unary(uint256 number) private pure returns (function(uint256) pure returns (uint256)) {
        if (number == 0) return Float32.canonical;
        if (number == 1) return Float32.neg;
        if (number == 2) return Float32.abs;
        if (number == 3) return Float32.sqrt;
        if (number == 4) return Float32.floor;
        if (number == 5) return Float32.ceil;
        if (number == 6) return Float32.trunc;
        if (number == 7) return Float32.roundEven;
        if (number == 8) return Float32.fromInt64;
        if (number == 9) return Float32.fromUint64;
        if (number == 10) return Float32.toInt8;
        if (number == 11) return Float32.toInt16;
        if (number == 12) return Float32.toInt32;
        if (number == 13) return Float32.toInt64;
        if (number == 14) return Float32.toUint8;
        if (number == 15) return Float32.toUint16;
        if (number == 16) return Float32.toUint32;
        if (number == 17) return Float32.toUint64;
        if (number == 18) return Float32.fromHalf;
        if (number == 19) return Float32.toHalf;
        if (number == 20) return Float32.fromBfloat16;
        if (number == 21) return Float32.toBfloat16;
        revert Float32Harness_UnknownOperation(number);
    }

    function _binary(uint256 number) private pure returns (function(uint256, uint256) pure returns (uint256)) {
        if (number == 0) return Float32.add;
        if (number == 1) return Float32.sub;
        if (number == 2) return Float32.mul;
        if (number == 3) return Float32.div;
        if (number == 4) return Float32.minimum;
        if (number == 5) return Float32.maximum;
        if (number == 6) return _eq;
        if (number == 7) return _lt;
        if (number == 8) return _le;
        revert Float32Harness_UnknownOperation(number);
    }

    function _ternary(
        uint256 number
    ) private pure returns (function(uint256, uint256, uint256) pure returns (uint256)) {
        if (number == 0) return Float32.fma;
        revert Float32Harness_UnknownOperation(number);
    }

    function _eq(uint256 a, uint256 b) private pure returns (uint256) {
        return Float32.eq(a, b) ? 1 : 0;
    }

    function _lt(uint256 a, uint256 b) private pure returns (uint256) {
        return Float32.lt(a, b) ? 1 : 0;
    }

    function _le(uint256 a, uint256 b) private pure returns (uint256) {
        return Float32.le(a, b) ? 1 : 0;
    }

    /// @dev Operand `place` of `size` bytes, with `dirt` above it.
    function _word(
        bytes calldata operands,
        uint256 place,
        uint256 size,
        uint256 dirt
    ) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(operands.offset, mul(place, size)))
        }
        return (word >> (256 - 8 * size)) | (dirt << (8 * size));
    }

    /// @dev Writes result `place`; the 32 bytes after it are overwritten.
    function _put(bytes memory results, uint256 place, uint256 size, uint256 result, uint256 number) private pure {
        if (result >> (8 * size) != 0) revert Float32Harness_DirtyResult(number, result);
        assembly ("memory-safe") {
            mstore(add(add(results, 32), mul(place, size)), shl(sub(256, mul(8, size)), result))
        }
    }

    function _setLength(bytes memory results, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(results, length)
        }
    }
}
