// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Bond
/// @notice What moves cost, in gas. A credit is what a move costs its sender, measured (snapshots/dispute.json) and rounded
/// up: a constant for its kind, and what its data costs, which it has to carry. So answering costs an honest provider
/// nothing, and a bond that covers the longest game covers every game.
library Bond {
    /// @notice Opening a trace, opening a node, opening a block, publishing snapshots: all but the data.
    uint256 internal constant OPEN_TRACE = 80_000;
    uint256 internal constant OPEN = 46_000;
    uint256 internal constant OPEN_BLOCK = 43_000;
    uint256 internal constant PUBLISH = 70_000;

    /// @notice Supplying what was demanded, but for a record that there is.
    uint256 internal constant SUPPLY = 400_000;

    /// @notice Supplying a record: all but its data and the sizes that it computes, which are measured; and the most of all.
    uint256 internal constant SUPPLY_RECORD = 75_000;
    uint256 internal constant MOST_RECORD = 2_400_000;

    /// @notice Ending a game whose challenger is silent, and withdrawing what it leaves.
    uint256 internal constant TIMEOUT = 140_000;

    /// @notice What a challenger is paid back for its game, and for each move, when another convicts the claim first.
    uint256 internal constant CHALLENGE = 200_000;
    uint256 internal constant MOVE = 120_000;

    /// @notice The most moves that a side makes in a game. A challenger demands until the rest are one descent.
    uint256 internal constant MOVES = 100;

    /// @notice The least number of moves that a game leaves for demands, a descent set aside. The steps of a proof load 32 leaves
    /// at most.
    uint256 internal constant DEMANDS = 40;

    /// @dev Gas per byte: carried, hashed and shown in the trees; and the least that a transaction with data costs
    /// (EIP-7623).
    uint256 private constant BYTE = 24;
    uint256 private constant FLOOR_BYTE = 40;
    uint256 private constant FLOOR = 28_000;

    /// @dev The longest game: 20 levels of calls, 17 of tensors, 32 of a row group's cells and of blocks in one (of a tensor
    /// alone 29), 36 of steps; a header of 4,096 bytes, 8 outputs at a depth of 37. A reduction has 2^36 steps at most, and a
    /// publication that cuts a segment into 2^s pieces takes s of those levels: after ceil(36 / s) of them every piece is one
    /// step, which is not cut.
    uint256 private constant LEVELS_CALLS = 20;
    uint256 private constant LEVELS_NODES = 17;
    uint256 private constant LEVELS_CELLS = 32;
    uint256 private constant LEVELS_STEPS = 36;
    uint256 private constant TRACE_BYTES = 4_096 + 8 * 32 * 38;

    /// @notice Gas credited for a move of a kind with so many bytes of data.
    function gasOf(uint256 kind, uint256 bytes_) internal pure returns (uint256) {
        uint256 work = kind + bytes_ * BYTE;
        uint256 floor = FLOOR + bytes_ * FLOOR_BYTE;
        return work > floor ? work : floor;
    }

    /// @notice Gas credited for supplying a record.
    /// @param work Gas that reading it took.
    function ofRecord(uint256 work, uint256 bytes_) internal pure returns (uint256) {
        uint256 gas = gasOf(SUPPLY_RECORD + work, bytes_);
        return gas < MOST_RECORD ? gas : MOST_RECORD;
    }

    /// @notice Gas that a demand pays for: the most that its answer is credited, and half as much again.
    function ofDemand(bool record) internal pure returns (uint256) {
        return ((record ? MOST_RECORD : SUPPLY) * 3) / 2;
    }

    /// @notice The most moves that a provider can be asked for in one descent, opening the trace included.
    function longest(uint256 arityLog2, uint256 snapshotsLog2) internal pure returns (uint256) {
        return 2 + _opens(arityLog2) + _groups(LEVELS_STEPS, snapshotsLog2);
    }

    /// @notice The most gas that a provider can be credited in one descent, and half as much again.
    function worst(uint256 arityLog2, uint256 snapshotsLog2) internal pure returns (uint256) {
        uint256 sum = gasOf(OPEN_TRACE, TRACE_BYTES + (32 << arityLog2)) + gasOf(OPEN_BLOCK, 1024) + TIMEOUT;
        sum += _opens(arityLog2) * gasOf(OPEN, 32 << arityLog2);
        sum += _groups(LEVELS_STEPS, snapshotsLog2) * gasOf(PUBLISH, 32 << snapshotsLog2);
        return (sum * 3) / 2;
    }

    function _opens(uint256 arityLog2) private pure returns (uint256) {
        // Where cells and their blocks share the levels, one group more.
        uint256 cells = _groups(LEVELS_CELLS, arityLog2) + 1;
        return _groups(LEVELS_CALLS, arityLog2) + _groups(LEVELS_NODES, arityLog2) + cells;
    }

    function _groups(uint256 levels, uint256 size) private pure returns (uint256) {
        return (levels + size - 1) / size;
    }
}
