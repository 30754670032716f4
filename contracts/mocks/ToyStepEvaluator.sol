// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ListsLib} from "../dispute/Lists.sol";
import {List} from "../dispute/Position.sol";
import {IStepEvaluator, Part, Step} from "../vm/IStepEvaluator.sol";
import {TensorShape, TensorShapes} from "../vm/TensorShape.sol";

/// @title ToyStepEvaluator
/// @notice A machine small enough to hold in the head, to test the dispute game alone at any depth. Every number follows
/// from its place, so nothing is loaded, and of the witness only the header is read, for the sizes of the lists. The claim's
/// seed holds the sizes of the tensors:
///
///      79        40 39         0
///     ┌────────────┬────────────┐
///     │ extent     │ count      │
///     └────────────┴────────────┘
///
/// All tensors are uint32 of `count` elements. At even positions stand maps: element e is 7e + 3·position + call. At odd
/// positions stand reductions over one uint32: a_0 = e, a_{r+1} = 31·a_r + r + call, and the element is a_extent xor
/// position.
contract ToyStepEvaluator is IStepEvaluator {
    uint256 private constant UINT32 = 12;

    /// @inheritdoc IStepEvaluator
    function evaluate(Step calldata step, bytes calldata witness) external pure override returns (bytes32) {
        uint256 positions = ListsLib.size(witness[2:], step.claim.calls, List.Nodes, step.call);
        if (step.call >= step.claim.calls || step.position >= positions) {
            revert StepEvaluator_Position(step.call, step.position);
        }
        uint256 count = uint40(step.claim.seed);
        uint256 extent = step.position % 2 == 0 ? 0 : uint40(step.claim.seed >> 40);
        if (step.part == Part.Shape) {
            TensorShape shape = TensorShapes.make(UINT32, count, count, step.position, step.position + 1);
            if (step.position % 2 == 1) shape = shape.withReduction(extent, UINT32);
            return bytes32(TensorShape.unwrap(shape));
        }
        unchecked {
            if (step.element >= count) return 0;
            if (step.position % 2 == 0) return stored(step.element * 7 + uint256(step.position) * 3 + step.call);
            if (step.lo > step.hi || step.hi > extent) revert StepEvaluator_Range(step.lo, step.hi, uint64(extent));

            uint256 accumulator = loaded(step.from);
            (uint256 lo, uint256 hi) = (step.lo, step.hi);
            if (step.part == Part.Value) (lo, hi) = (0, extent);
            if (step.part == Part.Final) (lo, hi) = (extent, extent);
            else if (lo == 0) accumulator = step.element;
            for (uint256 r = lo; r < hi; ++r) accumulator = (accumulator * 31 + r + step.call) & 0xffffffff;
            return stored(step.part == Part.Steps ? accumulator : accumulator ^ step.position);
        }
    }

    /// Four bytes, little-endian, from the first byte on.
    function stored(uint256 value) private pure returns (bytes32) {
        return bytes32(uint256(uint32(swap(value)))) << 224;
    }

    function loaded(bytes32 bytes_) private pure returns (uint256) {
        return swap(uint256(bytes_) >> 224);
    }

    function swap(uint256 value) private pure returns (uint256) {
        return ((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >> 8) & 0xff00) | ((value >> 24) & 0xff);
    }
}
