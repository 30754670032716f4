// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DType} from "./DType.sol";
import {IStepEvaluator} from "./IStepEvaluator.sol";
import {TensorDescription} from "./TensorDescription.sol";
import {TensorShapes} from "./TensorShape.sol";
import {Tree} from "./Tree.sol";

/// @title The witness of a step, read on the way
/// @notice Bytes that nothing names: whatever the step needs and has not yet read comes next (docs/program.md, "Step
/// witness"). What has been read is remembered under a key, in a table of chains in memory.
library Witness {
    using Witness for Cursor;
    using Witness for Tensor;
    using Tree for Tree.Reading;

    /// @notice Where the reading is, and what has been read.
    struct Cursor {
        /// Calldata address of the next byte, of the first, and behind the last.
        uint256 next;
        uint256 start;
        uint256 end;
        /// Address of the heads of the chains.
        uint256 table;
        /// The list of calls, and what it hangs from.
        Tree.Reading calls;
        /// The parameter list.
        Tree.Reading parameters;
        /// Calldata address of the input commitments; 0 while they are unread.
        uint256 inputs;
    }

    /// @notice A tensor that was read: address of `next │ key │ description │ address of its tree`.
    type Tensor is uint256;

    // Kinds of key, in the topmost byte.
    uint256 private constant INPUT = 1 << 248;
    uint256 private constant PARAMETER = 2 << 248;
    uint256 private constant POSITION = 3 << 248;
    uint256 private constant CALL = 4 << 248;
    uint256 private constant LEAF = 5 << 248;
    uint256 private constant CELL = 6 << 248;

    uint256 private constant CHAINS = 64;
    uint256 private constant LEAF_BYTES = 128;

    /// @notice Begins to read.
    function open(Cursor memory cursor, bytes calldata witness) internal pure {
        unchecked {
            uint256 start;
            uint256 table;
            assembly ("memory-safe") {
                start := witness.offset
                table := mload(0x40)
                mstore(0x40, add(table, shl(5, CHAINS)))
                calldatacopy(table, calldatasize(), shl(5, CHAINS))
            }
            (cursor.next, cursor.start, cursor.end, cursor.table) = (start, start, start + witness.length, table);
        }
    }

    /// @notice The next `length` bytes.
    /// @return place Their calldata address.
    function take(Cursor memory cursor, uint256 length) internal pure returns (uint256 place) {
        unchecked {
            place = cursor.next;
            _move(cursor, place + length);
        }
    }

    /// @notice The next two bytes as a number, and as many bytes.
    function takeSized(Cursor memory cursor) internal pure returns (bytes calldata data) {
        uint256 length = _load(cursor.take(2)) >> 240;
        uint256 place = cursor.take(length);
        assembly ("memory-safe") {
            data.offset := place
            data.length := length
        }
    }

    /// @dev Goes on at an address.
    function _move(Cursor memory cursor, uint256 place) private pure {
        // INVARIANT: nothing is read that is not in the witness.
        if (place > cursor.end) _refuse(cursor, place);
        cursor.next = place;
    }

    /// @notice Ends the reading.
    function close(Cursor memory cursor) internal pure {
        // INVARIANT: nothing is in the witness that is not read.
        if (cursor.next != cursor.end) _refuse(cursor, cursor.next);
    }

    /// @dev The step needs what lies before `place`, and the witness ends elsewhere.
    function _refuse(Cursor memory cursor, uint256 place) private pure {
        unchecked {
            revert IStepEvaluator.StepEvaluator_Length(place - cursor.start, cursor.end - cursor.start);
        }
    }

    /// @notice An input's tensor.
    /// @param count Number of inputs; index is below it.
    /// @param root The claim's inputs root.
    function input(Cursor memory cursor, uint256 index, uint256 count, bytes32 root) internal pure returns (Tensor) {
        unchecked {
            (uint256 found, uint256 chain) = _find(cursor, INPUT | index);
            if (found != 0) return Tensor.wrap(found);
            (Tensor tensor, bytes32 commitment) = _takeTensor(cursor, INPUT | index, chain);
            if (cursor.inputs == 0) {
                uint256 place = cursor.take(32 * count);
                bytes32 hash;
                assembly ("memory-safe") {
                    let free := mload(0x40)
                    calldatacopy(free, place, shl(5, count))
                    hash := keccak256(free, shl(5, count))
                }
                // INVARIANT: the inputs are the claim's.
                if (hash != root) revert IStepEvaluator.StepEvaluator_Inputs(hash);
                cursor.inputs = place;
            }
            _same(bytes32(_load(cursor.inputs + 32 * index)), commitment);
            return tensor;
        }
    }

    /// @notice A parameter's tensor; index is below their number.
    function parameter(Cursor memory cursor, uint256 index) internal pure returns (Tensor tensor) {
        (uint256 found, uint256 chain) = _find(cursor, PARAMETER | index);
        if (found != 0) return Tensor.wrap(found);
        bytes32 commitment;
        (tensor, commitment) = _takeTensor(cursor, PARAMETER | index, chain);
        _climb(cursor, cursor.parameters, commitment, index);
    }

    /// @notice A tensor of the trace.
    /// @param positions Number of tensors of the call; position is below it.
    function traced(
        Cursor memory cursor,
        uint256 call,
        uint256 position,
        uint256 positions
    ) internal pure returns (Tensor tensor) {
        (uint256 found, uint256 chain) = _find(cursor, POSITION | (call << 32) | position);
        if (found != 0) return Tensor.wrap(found);
        bytes32 commitment;
        (tensor, commitment) = _takeTensor(cursor, POSITION | (call << 32) | position, chain);

        (found, chain) = _find(cursor, CALL | call);
        if (found != 0) {
            _climb(cursor, Tree.Reading.wrap(_word(found, 2)), commitment, position);
        } else {
            // The root of a call's list is whatever its first path leads to, if that is a leaf of the list of calls.
            Tree.Reading list = Tree.reading(Tree.depthOf(positions), 0);
            (bytes32 root, , uint256 end) = list.climbOn(commitment, position, cursor.next);
            _move(cursor, end);
            _climb(cursor, cursor.calls, root, call);
            uint256 entry = _insert(CALL | call, chain, 3);
            _setWord(entry, 2, Tree.Reading.unwrap(list));
        }
    }

    /// @notice Description of a tensor, as committed (TensorDescription).
    function description(Tensor tensor) internal pure returns (uint256) {
        return _word(Tensor.unwrap(tensor), 2);
    }

    /// @notice Whether the tensor has an element that can be read.
    function has(Tensor tensor, uint256 element) internal pure returns (bool) {
        return element < TensorDescription.count(tensor.description()) && tensor.isReadable();
    }

    /// @notice Whether anything is read from the tensor: its type is known, and it is not larger than any can be.
    function isReadable(Tensor tensor) internal pure returns (bool) {
        return _word(Tensor.unwrap(tensor), 3) != 0;
    }

    /// @notice Calldata address of the leaf with this index, which the tensor has.
    function leaf(Cursor memory cursor, Tensor tensor, uint256 index) internal pure returns (uint256 place) {
        uint256 key = LEAF | (Tensor.unwrap(tensor) << 64) | index;
        (uint256 found, uint256 chain) = _find(cursor, key);
        if (found != 0) return _word(found, 2);
        place = cursor.take(LEAF_BYTES);
        _climb(cursor, Tree.Reading.wrap(_word(Tensor.unwrap(tensor), 3)), Tree.leaf(place), index);
        _setWord(_insert(key, chain, 3), 2, place);
    }

    /// @notice The same of a grouped tensor.
    /// @param group The group's last tensor, in whose place the cells are.
    /// @param cell Index of the cell that has the leaf.
    /// @param depth Levels of the cell.
    /// @param index Of the leaf in its cell.
    function leafOfCell(
        Cursor memory cursor,
        Tensor group,
        uint256 cell,
        uint256 depth,
        uint256 index
    ) internal pure returns (uint256 place) {
        uint256 key = CELL | (Tensor.unwrap(group) << 64) | cell;
        (uint256 found, uint256 chain) = _find(cursor, key);
        if (found != 0) return cursor.leaf(Tensor.wrap(found), index);
        place = cursor.take(LEAF_BYTES);
        // The root of a cell is whatever its first path leads to, if that is a leaf of the list of cells.
        Tree.Reading tree = Tree.reading(depth, 0);
        (bytes32 root, , uint256 end) = tree.climbOn(Tree.leaf(place), index, cursor.next);
        _move(cursor, end);
        _climb(cursor, Tree.Reading.wrap(_word(Tensor.unwrap(group), 3)), root, cell);
        // From here on the cell is read like a tensor.
        found = _insert(key, chain, 4);
        _setWord(found, 3, Tree.Reading.unwrap(tree));
        key = LEAF | (found << 64) | index;
        (, chain) = _find(cursor, key);
        _setWord(_insert(key, chain, 3), 2, place);
    }

    /// @notice Call and position of a tensor of the trace; `isTraced` is false for inputs and parameters.
    function origin(Tensor tensor) internal pure returns (bool isTraced, uint256 call, uint256 position) {
        uint256 key = _word(Tensor.unwrap(tensor), 1);
        return (key >> 248 == POSITION >> 248, (key >> 32) & type(uint32).max, key & type(uint32).max);
    }

    /// @dev Description and root of a tensor, not yet checked.
    function _takeTensor(
        Cursor memory cursor,
        uint256 key,
        uint256 chain
    ) private pure returns (Tensor tensor, bytes32 commitment) {
        unchecked {
            uint256 place = cursor.take(25 + 32);
            uint256 described = _load(place) >> 56;
            bytes32 root = bytes32(_load(place + 25));
            commitment = TensorDescription.commitment(described, root);
            uint256 entry = _insert(key, chain, 4);
            _setWord(entry, 2, described);
            uint256 dtype = TensorDescription.dtype(described);
            uint256 count = TensorDescription.count(described);
            uint256 tree;
            if (DType.bitsOf(dtype) != 0 && count <= TensorShapes.MAX_COUNT) {
                uint256 depth =
                    key >> 248 == POSITION >> 248 && TensorDescription.isGrouped(described)
                        ? _cellsDepth(described)
                        : Tree.depthOf(TensorDescription.leafCount(dtype, count));
                tree = Tree.Reading.unwrap(Tree.reading(depth, root));
            }
            _setWord(entry, 3, tree);
            tensor = Tensor.wrap(entry);
        }
    }

    /// @dev Levels of a row group's cells; 0 where there are more than there can be, and none is read.
    function _cellsDepth(uint256 described) private pure returns (uint256) {
        return TensorDescription.canHaveCells(described) ? TensorDescription.cellsDepth(described) : 0;
    }

    /// @dev Reads a path in a tree of which something is known.
    function _climb(Cursor memory cursor, Tree.Reading tree, bytes32 node, uint256 index) private pure {
        (bytes32 reached, bytes32 known, uint256 end) = tree.climbOn(node, index, cursor.next);
        _move(cursor, end);
        _same(known, reached);
    }

    /// @dev What was read under a key.
    /// @return entry Its address, 0 if nothing was.
    /// @return chain Where an entry under this key is to be hung.
    function _find(Cursor memory cursor, uint256 key) private pure returns (uint256 entry, uint256 chain) {
        uint256 table = cursor.table;
        assembly ("memory-safe") {
            mstore(0, key)
            chain := add(table, and(keccak256(0, 0x20), shl(5, sub(CHAINS, 1))))
            entry := mload(chain)
            for {} entry {
                entry := mload(entry)
            } {
                if eq(mload(add(entry, 0x20)), key) {
                    break
                }
            }
        }
    }

    /// @dev Remembers an entry of `words` words, `next │ key │ …`.
    function _insert(uint256 key, uint256 chain, uint256 words) private pure returns (uint256 entry) {
        assembly ("memory-safe") {
            entry := mload(0x40)
            mstore(0x40, add(entry, shl(5, words)))
            mstore(entry, mload(chain))
            mstore(add(entry, 0x20), key)
            mstore(chain, entry)
        }
    }

    function _same(bytes32 expected, bytes32 actual) private pure {
        // INVARIANT: what the witness brings is what the step's roots stand for.
        if (expected != actual) revert IStepEvaluator.StepEvaluator_Path(expected, actual);
    }

    function _word(uint256 entry, uint256 i) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(entry, shl(5, i)))
        }
    }

    function _setWord(uint256 entry, uint256 i, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(add(entry, shl(5, i)), word)
        }
    }

    function _load(uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(place)
        }
    }
}
