// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DType} from "./DType.sol";
import {ShapeExpression} from "./ShapeExpression.sol";
import {TensorDescription} from "./TensorDescription.sol";
import {TensorShape, TensorShapes} from "./TensorShape.sol";

/// @title Node records, the twin of `packages/vm/src/record.ts`
/// @notice A record is a row of big-endian fields with its scalar code at the end. Every byte string is a record; one that
/// breaks a rule is invalid and stands for the one-element float32 tensor +0 (docs/program.md, "Node records").
library NodeRecord {
    /// @notice What a record says, for one claim and call. Places are offsets in the record.
    struct Node {
        /// Whether the record keeps all rules.
        bool valid;
        /// Type, count, group, extent, accumulators.
        TensorShape shape;
        /// Sizes of the output dimensions.
        uint256[] dimensions;
        /// Kind in bits 64 …, then two indices of 32 bits, of which only a history has the second.
        uint256[] operands;
        /// Place and number of the constants.
        uint256 constants;
        uint256 constantCount;
        /// Places of the result registers of `value`, or of `init`, `step` and `final`.
        uint256[3] results;
        /// Places of their numbers of instructions, behind which the instructions lie.
        uint256[3] codes;
    }

    /// @dev Operand kinds.
    uint256 internal constant INPUT = 0;
    uint256 internal constant PARAMETER = 1;
    uint256 internal constant NODE = 2;
    uint256 internal constant HISTORY = 3;
    uint256 internal constant ROW = 4;

    uint256 private constant MAX_LENGTH = 4096;
    uint256 private constant MAX_RANK = 8;
    uint256 private constant MAX_OPERANDS = 16;
    uint256 private constant MAX_ACCUMULATORS = 4;
    uint256 private constant MAX_REGISTERS = 256;
    uint256 private constant MAX_GROUP_COUNT = 1 << 28;

    /// @notice Reads the record at a calldata address; it is never refused.
    /// @param node Empty; what the record says is put there.
    /// @param record Address of its first byte.
    /// @param length Its length.
    /// @param symbols Of the claim.
    /// @param call Number of the call.
    /// @param index The node's place in its list.
    function read(
        Node memory node,
        uint256 record,
        uint256 length,
        uint256 symbols,
        uint256 call,
        uint256 index
    ) internal pure {
        // INVARIANT: the rules of docs/program.md; what breaks one of them is the same zero for everybody.
        if (length <= MAX_LENGTH && _read(node, record, record + length, symbols, call, index)) {
            node.valid = true;
        } else {
            node.shape = TensorShapes.make(DType.FLOAT32, 1, 1, index, index + 1);
        }
    }

    /// @notice Number of accumulators.
    function accumulators(TensorShape shape) internal pure returns (uint256 count) {
        while (shape.accumulator(count) != 0) ++count;
    }

    /// @dev Bytes beyond the record's end are read as they come: whoever reads one ends up beyond the end, and every loop
    /// is bounded by what a valid record may have.
    function _read(
        Node memory node,
        uint256 record,
        uint256 end,
        uint256 symbols,
        uint256 call,
        uint256 index
    ) private pure returns (bool) {
        unchecked {
            uint256 kind = _u8(record);
            uint256 dtype = _u8(record + 1);
            uint256 flags = _u8(record + 2);
            if (kind > 1 || DType.bitsOf(dtype) == 0 || flags > 1) return false;

            uint256 place = record + 3;
            uint256 groupStart = index;
            uint256 groupEnd = index + 1;
            if (flags == 1) {
                groupStart = _u32(place);
                groupEnd = _u32(place + 4);
                place += 8;
                if (groupStart >= groupEnd) return false;
                // INVARIANT: where a tensor's rows stand in the trace follows from its record and its place.
                if (index < groupStart || index >= groupEnd) return false;
                if (groupEnd - groupStart > TensorDescription.MAX_MEMBERS) return false;
            }

            uint256 count;
            (count, place) = _readDimensions(node, place, end, symbols, call);
            if (place == 0) return false;
            uint256 rows = node.dimensions.length == 0 ? 1 : node.dimensions[0];
            TensorShape shape = TensorShapes.make(dtype, count, rows, groupStart, groupEnd);
            if (shape.isGrouped() && (rows > TensorDescription.MAX_GROUP_ROWS || count > MAX_GROUP_COUNT)) return false;

            place = _readOperands(node, place);
            if (place == 0) return false;
            if (kind == 1) {
                (shape, place) = _readReduction(shape, place, end, symbols, call);
                if (place == 0) return false;
            }
            node.shape = shape;

            node.constantCount = _u8(place);
            node.constants = place + 1 - record;
            place += 1 + 4 * node.constantCount;
            uint256 sections = kind == 1 ? 3 : 1;
            uint256 accumulatorCount = accumulators(shape);
            for (uint256 i = 0; i < sections; ++i) {
                node.results[i] = place - record;
                place += i + 1 < sections ? accumulatorCount : 1;
                node.codes[i] = place - record;
                uint256 instructions = _u8(place);
                if (node.constantCount + instructions > MAX_REGISTERS) return false;
                place += 1 + 4 * instructions;
            }
            return place == end;
        }
    }

    /// @return count Their product.
    /// @return next Address behind the dimensions; 0 if a rule is broken.
    function _readDimensions(
        Node memory node,
        uint256 place,
        uint256 end,
        uint256 symbols,
        uint256 call
    ) private pure returns (uint256 count, uint256 next) {
        unchecked {
            uint256 rank = _u8(place);
            if (rank > MAX_RANK) return (0, 0);
            node.dimensions = new uint256[](rank);
            count = 1;
            next = place + 1;
            for (uint256 i = 0; i < rank; ++i) {
                uint256 size;
                (size, next, ) = ShapeExpression.evaluate(next, end, symbols, call);
                if (next == 0 || size > TensorShapes.MAX_COUNT) return (0, 0);
                node.dimensions[i] = size;
                count = ShapeExpression.multiply(count, size);
            }
            if (count > TensorShapes.MAX_COUNT) return (0, 0);
        }
    }

    /// @return next Address behind the operands; 0 if a rule is broken.
    function _readOperands(Node memory node, uint256 place) private pure returns (uint256 next) {
        unchecked {
            uint256 count = _u8(place);
            if (count > MAX_OPERANDS) return 0;
            node.operands = new uint256[](count);
            next = place + 1;
            for (uint256 i = 0; i < count; ++i) {
                uint256 kind = _u8(next);
                if (kind > ROW) return 0;
                node.operands[i] = (kind << 64) | (_u32(next + 1) << 32) | _u32(next + 5);
                next += kind == HISTORY ? 9 : 5;
            }
        }
    }

    /// @return Shape with extent and accumulators.
    /// @return next Address behind them; 0 if a rule is broken.
    function _readReduction(
        TensorShape shape,
        uint256 place,
        uint256 end,
        uint256 symbols,
        uint256 call
    ) private pure returns (TensorShape, uint256 next) {
        unchecked {
            uint256 extent;
            bool usesCall;
            (extent, place, usesCall) = ShapeExpression.evaluate(place, end, symbols, call);
            if (place == 0 || usesCall || extent > TensorShapes.MAX_COUNT) return (shape, 0);
            uint256 count = _u8(place);
            if (count == 0 || count > MAX_ACCUMULATORS) return (shape, 0);
            uint256 types;
            for (uint256 i = 0; i < count; ++i) {
                uint256 dtype = _u8(++place);
                if (DType.bitsOf(dtype) == 0) return (shape, 0);
                types |= dtype << (8 * i);
            }
            return (shape.withReduction(extent, types), place + 1);
        }
    }

    function _u8(uint256 place) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, calldataload(place))
        }
    }

    function _u32(uint256 place) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(224, calldataload(place))
        }
    }
}
