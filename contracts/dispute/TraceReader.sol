// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../types/Claim.sol";
import {IStepEvaluator, Part, Step} from "../vm/IStepEvaluator.sol";
import {TensorDescription} from "../vm/TensorDescription.sol";
import {TensorShape} from "../vm/TensorShape.sol";
import {Tree} from "../vm/Tree.sol";
import {Block} from "./Block.sol";
import {Cells} from "./Cells.sol";
import {Descent} from "./Descent.sol";
import {GameId} from "./GameId.sol";
import {GameTable} from "./GameTable.sol";
import {IClaimHolder} from "./IClaimHolder.sol";
import {Proof, Stage} from "./IDisputeGame.sol";
import {Lists} from "./Lists.sol";
import {List, Position, PositionLib} from "./Position.sol";
import {Segment} from "./Reduction.sol";

/// @title TraceReader
/// @notice What moves say of the trace, checked against what is committed: where outputs stand, where a path leads, what a
/// place holds, and the last step computed again.
abstract contract TraceReader is GameTable {
    constructor(
        IClaimHolder holder,
        IStepEvaluator evaluator,
        Parameters memory parameters
    ) GameTable(holder, evaluator, parameters) {}

    // ── Descending ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Outputs and the siblings on their paths.
    function _count(bytes32[] calldata outputs, bytes32[][] calldata paths) internal pure returns (uint256 count) {
        count = outputs.length;
        for (uint256 i = 0; i < paths.length; ++i) count += paths[i].length;
    }

    /// @dev Checks that the outputs are the claimed ones, and stand where the program puts them in the opened trace.
    function _checkOutputs(
        Claim calldata claim,
        bytes calldata header,
        Lists lists,
        uint256 levels,
        bytes32[] calldata children,
        bytes32[] calldata outputs,
        bytes32[][] calldata paths
    ) internal pure {
        uint256 count = uint8(header[117]);
        _isLength(count, outputs.length);
        _isLength(count, paths.length);
        // INVARIANT: the outputs are the claimed ones.
        if (keccak256(abi.encodePacked(outputs)) != claim.outputsRoot) revert DisputeGame_Output(count);

        uint256 last = claim.calls - 1;
        uint256 depth = lists.depth(last);
        uint256 rest = Tree.depthOf(claim.calls) + depth - levels;
        for (uint256 i = 0; i < count; ++i) {
            uint256 start = 118 + 4 * i;
            uint256 index = (last << depth) | uint32(bytes4(header[start:start + 4]));
            bytes32[] calldata path = paths[i];
            // INVARIANT: each stands at its node of the last call.
            if (path.length != rest || Descent.climb(outputs[i], index, path) != children[index >> rest]) {
                revert DisputeGame_Output(i);
            }
        }
    }

    /// @dev Where a path leads from the pinned node: at least one group down, or to the end of a list.
    function _descend(
        Dispute storage d,
        Game storage g,
        Position position,
        bytes32 pinned,
        bytes32 child,
        uint256 index,
        bytes32[] calldata path
    ) internal view returns (Position) {
        uint256 levels = path.length;
        uint256 height = position.height();
        // INVARIANT: a pick is a whole group deeper, or at the end of its list.
        _isWhole(height, levels);
        if (index >> levels != 0) revert DisputeGame_Range(index, 1 << levels);
        _sameHash(pinned, Descent.climb(child, index, path));

        List list = position.list();
        uint256 call = position.call();
        uint256 node = position.node();
        uint256 block_;
        if (list == List.Calls) {
            uint256 over = levels > height ? levels - height : 0;
            height -= levels - over;
            call = (call << (levels - over)) | (index >> over);
            // INVARIANT: a place beyond the end of a list is not entered.
            uint256 calls = d.lists.calls();
            if (call << height >= calls) revert DisputeGame_Range(call << height, calls);
            if (height == 0) {
                list = List.Nodes;
                height = d.lists.depth(call);
                levels = over;
                if (over != 0) _isWhole(height, over);
                index &= (1 << over) - 1;
            }
        }
        if (list == List.Nodes && levels != 0) {
            if (levels > height) revert DisputeGame_Length(height, levels);
            height -= levels;
            node = (node << levels) | index;
        } else if (list >= List.Cells) {
            if (levels > height) revert DisputeGame_Length(height, levels);
            height -= levels;
            block_ = (position.blockOf() << levels) | index;
            uint256 first = block_ << height;
            // INVARIANT: nor is one beyond the end of the cells or of a tree.
            if (_isBeyond(list, TensorShape.wrap(g.shape), first)) revert DisputeGame_Place(first);
        }
        return PositionLib.pack(list, height, call, node, block_);
    }

    /// @dev Whether a node of a list of cells or of a tree of blocks lies wholly beyond the end.
    /// @param first The first item below it.
    function _isBeyond(List list, TensorShape shape, uint256 first) internal pure returns (bool) {
        return list == List.Cells ? Cells.isPadding(shape, first) : Block.inTree(shape, first) >= Block.count(shape);
    }

    /// @dev Whether a node is the commitment of a tensor, or a cell.
    function _isEntry(Position position) internal pure returns (bool) {
        List list = position.list();
        return position.height() == 0 && (list == List.Nodes || list == List.Cells);
    }

    /// @dev What a record makes of the place that is entered.
    /// @return position Where the game stands then.
    /// @return shape The tensor's; of a group that of its last tensor.
    /// @return empty The hash of a place that the record leaves empty; 0 of any other.
    function _entered(
        Dispute storage d,
        GameId id,
        Game storage g,
        Position entry,
        Claim calldata claim,
        bytes calldata witness
    ) internal view returns (Position position, TensorShape shape, bytes32 empty) {
        uint256 call = entry.call();
        uint256 first = d.lists.first(call);
        if (entry.list() == List.Cells) {
            TensorShape group = TensorShape.wrap(g.shape);
            (uint256 row, uint256 node) = Cells.place(group, entry.blockOf());
            shape = _shape(d, id.claimId(), claim, PositionLib.pack(List.Nodes, 0, call, first + node, 0), witness);
            if (!Cells.has(group, shape)) return (entry, shape, TensorDescription.NO_CELLS);
            // The row is the path taken so far, above the blocks of the cell.
            return (PositionLib.pack(List.Blocks, Block.height(shape), call, first + node, row), shape, 0);
        }
        shape = _shape(d, id.claimId(), claim, entry, witness);
        if (!shape.isGrouped()) {
            return (PositionLib.pack(List.Tensor, Block.height(shape), call, entry.node(), 0), shape, 0);
        }
        if (entry.node() + 1 != first + shape.groupEnd()) {
            return (entry, shape, shape.commitment(TensorDescription.NO_CELLS));
        }
        return (PositionLib.pack(List.Group, Cells.depth(shape), call, entry.node(), 0), shape, 0);
    }

    function _isBlock(Position position) internal pure {
        List list = position.list();
        if (position.height() != 0 || (list != List.Tensor && list != List.Blocks)) {
            revert DisputeGame_Length(0, position.height());
        }
    }

    /// @dev Checks that a leaf, with the element at an offset in it, is one of the pinned block.
    function _isInBlock(
        Position position,
        TensorShape shape,
        bytes32 pinned,
        bytes calldata leaf,
        bytes32[] calldata path,
        uint256 offset
    ) internal pure {
        _isBlock(position);
        _isLength(Block.LEAF_BYTES, leaf.length);
        _isLength(Block.inner(shape), path.length);
        _isOffset(shape, offset);
        bytes32 root = Block.rootOf(shape, leaf, offset, path);
        _sameHash(pinned, position.list() == List.Tensor ? shape.commitment(root) : root);
    }

    function _isOffset(TensorShape shape, uint256 offset) internal pure {
        uint256 size = Block.elements(shape);
        if (offset >= size) revert DisputeGame_Range(offset, size);
    }

    function _isWhole(uint256 height, uint256 levels) internal view {
        uint256 group = Descent.group(height, ARITY_LOG2);
        if (levels < group) revert DisputeGame_Length(group, levels);
    }

    /// @dev Checks that a proof's leaf stands at its place in the trace.
    function _isInTrace(Dispute storage d, Position place, TensorShape shape, Proof calldata proof) internal view {
        bytes calldata leaf = proof.leaf;
        bytes32[] calldata path = proof.path;
        Lists lists = d.lists;
        uint256 inner = Block.depth(shape);
        uint256 nodes = lists.depth(place.call());
        _isLength(Block.LEAF_BYTES, leaf.length);
        _isLength(inner + nodes + Tree.depthOf(lists.calls()), path.length);
        _isOffset(shape, proof.offset);
        // INVARIANT: indices are below their lists' sizes: the evaluator checked call and node, this the leaf.
        uint256 index = (place.blockOf() << Block.LOG2) | Block.leaf(shape, proof.offset);
        if (index >= shape.leafCount()) revert DisputeGame_Range(index, shape.leafCount());
        bytes32 root = Descent.climb(keccak256(leaf), index, path[:inner]);
        root = Descent.climb(shape.commitment(root), (place.call() << nodes) | place.node(), path[inner:]);
        _sameHash(d.traceRoot, root);
    }

    function _segmentStage(Dispute storage d, Position position, Segment segment) internal view returns (Stage) {
        return d.snapshots[segment.key(position.place())] == 0 ? Stage.Publish : Stage.Narrow;
    }

    // ── The last step ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Computes again what a proof accuses, and compares.
    function _prove(
        Dispute storage d,
        Position position,
        TensorShape shape,
        Segment whole,
        Proof calldata proof
    ) internal view {
        Step memory step;
        step.claim = proof.claim;
        step.traceRoot = d.traceRoot;
        step.call = uint32(position.call());
        step.position = uint32(position.node());
        step.element = uint64(Block.element(shape, position.blockOf(), whole.offset()));
        step.part = proof.part;
        bytes32 committed = whole.stored();
        if (proof.part == Part.Steps) {
            Segment piece;
            (piece, step.from, committed) = whole.follow(
                d.snapshots,
                position.place(),
                1 << SNAPSHOTS_LOG2,
                shape.snapshotBytes(),
                proof.publications,
                proof.from
            );
            step.lo = uint64(piece.from());
            step.hi = uint64(piece.to());
        } else if (proof.part == Part.Final) {
            step.from = whole.last(d.snapshots, position.place(), shape.snapshotBytes(), proof.publications);
        }
        bytes32 computed = EVALUATOR.evaluate(step, proof.witness);
        // INVARIANT: a number that is what its inputs make it convicts nobody.
        if (computed == committed) revert DisputeGame_Right(committed);
    }
}
