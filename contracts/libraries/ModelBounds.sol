// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {InlineTensor} from "./InlineTensor.sol";

/// @title ModelBounds
/// @notice What a request may ask of a model: values of its symbols and lengths of its inputs. Read from the end of its
/// header (docs/program.md, "Header"), which the registry checked: symbol count, bounds, input count, declarations.
library ModelBounds {
    /// Sizes saturate here.
    uint256 private constant GREATEST = (1 << 48) - 1;
    /// No tensor has more elements.
    uint256 private constant GREATEST_COUNT = 1 << 36;

    error ModelBounds_Symbol(uint256 index, uint256 value, uint256 least, uint256 greatest);
    error ModelBounds_UnusedSymbol(uint256 symbols, uint256 count);
    error ModelBounds_TooLarge(uint256 input, uint256 count);

    /// @notice Checks the symbols of a request.
    /// @param bounds A byte array in which the bounds stand.
    /// @param start Where in it they begin.
    /// @return offset Where the input declarations begin.
    function checkSymbols(bytes memory bounds, uint256 start, uint256 symbols) internal pure returns (uint256 offset) {
        uint256 count = _byteAt(bounds, start);
        offset = start + 1;
        uint256 rest = symbols;
        for (uint256 i = 0; i < count; ++i) {
            uint256 pair = _word(bounds, offset) >> 192;
            uint256 value = uint32(rest);
            // INVARIANT: a symbol lies within the model's bounds.
            if (value < pair >> 32 || value > uint32(pair)) {
                revert ModelBounds_Symbol(i, value, pair >> 32, uint32(pair));
            }
            rest >>= 32;
            offset += 8;
        }
        // INVARIANT: symbols that the model does not have are 0.
        if (rest != 0) revert ModelBounds_UnusedSymbol(symbols, count);
    }

    /// @notice Checks inputs that come as bytes, and commits to them.
    /// @return keccak256 of the concatenated commitments of the inputs.
    function inputsRoot(
        bytes memory bounds,
        uint256 start,
        uint256 symbols,
        bytes calldata data
    ) internal pure returns (bytes32) {
        uint256 offset = checkSymbols(bounds, start, symbols);
        uint256 n = _byteAt(bounds, offset++);
        bytes32[] memory commitments = new bytes32[](n);
        for (uint256 i = 0; i < n; ++i) {
            uint256 dtype = _byteAt(bounds, offset);
            uint256 count;
            (count, offset) = _count(bounds, offset + 1, symbols);
            // INVARIANT: an input has at most as many elements as any tensor.
            if (count > GREATEST_COUNT) revert ModelBounds_TooLarge(i, count);
            (commitments[i], data) = InlineTensor.take(i, (dtype << 192) | (count << 128), data);
        }
        // INVARIANT: every byte belongs to an input.
        if (data.length != 0) revert InlineTensor.InlineTensor_LeftOver(data.length);
        return keccak256(abi.encodePacked(commitments));
    }

    /// Product of the dimensions of a declaration, from its rank on; saturates.
    function _count(
        bytes memory bounds,
        uint256 offset,
        uint256 symbols
    ) private pure returns (uint256 count, uint256 end) {
        uint256 rank = _byteAt(bounds, offset);
        end = offset + 1;
        count = 1;
        for (uint256 i = 0; i < rank; ++i) {
            uint256 size;
            (size, end) = _size(bounds, end, symbols);
            count *= size;
            if (count > GREATEST) count = GREATEST;
        }
    }

    /// Value of a shape expression (docs/program.md, "Shape expressions"), which the registry found valid.
    function _size(
        bytes memory bounds,
        uint256 offset,
        uint256 symbols
    ) private pure returns (uint256 value, uint256 end) {
        uint256[8] memory stack;
        uint256 height;
        while (true) {
            uint256 op = _byteAt(bounds, offset++);
            if (op == 0) return (stack[0], offset);
            if (op < 0x10) {
                uint256 pushed;
                if (op == 2) {
                    pushed = _word(bounds, offset) >> 224;
                    offset += 4;
                } else {
                    pushed = _byteAt(bounds, offset++);
                    if (op == 3) pushed = uint32(symbols >> (32 * pushed));
                }
                stack[height++] = pushed;
            } else {
                uint256 b = stack[--height];
                stack[height - 1] = _apply(op, stack[height - 1], b);
            }
        }
    }

    function _apply(uint256 op, uint256 a, uint256 b) private pure returns (uint256 result) {
        if (op == 0x10) result = a + b;
        else if (op == 0x11) result = a > b ? a - b : 0;
        else if (op == 0x12) result = a * b;
        else if (op == 0x13) result = b == 0 ? 0 : a / b;
        else if (op == 0x14) result = b == 0 ? 0 : (a + b - 1) / b;
        else if (op == 0x15) result = b == 0 ? 0 : a % b;
        else if (op == 0x16) result = a < b ? a : b;
        else result = a > b ? a : b;
        if (result > GREATEST) result = GREATEST;
    }

    function _byteAt(bytes memory bounds, uint256 offset) private pure returns (uint256 value) {
        return _word(bounds, offset) >> 248;
    }

    function _word(bytes memory bounds, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(bounds, 32), offset))
        }
    }
}
