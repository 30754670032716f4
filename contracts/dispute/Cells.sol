// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TensorDescription} from "../vm/TensorDescription.sol";
import {TensorShape} from "../vm/TensorShape.sol";
import {Tree} from "../vm/Tree.sol";

/// @title Cells
/// @notice The list of a row group's cells: every row of every tensor, row by row and in a row by node, in the place of the
/// group's last node (docs/program.md, "Trees"). `group` is the shape of that node.
library Cells {
    /// @notice Levels of the list.
    function depth(TensorShape group) internal pure returns (uint256) {
        return TensorDescription.cellsDepth(group.describe());
    }

    /// @notice Row of a cell, and its tensor's node.
    function place(TensorShape group, uint256 cell) internal pure returns (uint256 row, uint256 node) {
        uint256 levels = _nodeLevels(group);
        row = cell >> levels;
        node = group.groupStart() + (cell & ((1 << levels) - 1));
    }

    /// @notice Whether a node of the list lies wholly beyond the end of the rows, or of the nodes in its row.
    /// @param first The first cell below it.
    function isPadding(TensorShape group, uint256 first) internal pure returns (bool) {
        (uint256 row, uint256 node) = place(group, first);
        return row >= group.rows() || node >= group.groupEnd();
    }

    /// @notice Whether a tensor is one of the group.
    function has(TensorShape group, TensorShape shape) internal pure returns (bool) {
        return TensorDescription.isOneGroup(group.describe(), shape.describe());
    }

    function _nodeLevels(TensorShape group) private pure returns (uint256) {
        return Tree.depthOf(group.groupEnd() - group.groupStart());
    }
}
