// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Bond
/// @notice What moves cost, in gas, and what that comes to in wei. A credit is what a move costs its sender, measured
/// (snapshots/dispute.json) and rounded up, whatever the data; so answering costs an honest provider nothing.
library Bond {
    /// @notice Opening a trace: this much, and per child and output.
    uint256 internal constant OPEN_TRACE = 150_000;
    uint256 internal constant OPEN_TRACE_OUTPUT = 60_000;

    /// @notice Opening a node: this much, and per child; a block of leaves counts as a child for every 32 bytes.
    uint256 internal constant OPEN = 50_000;
    uint256 internal constant OPEN_CHILD = 1_300;

    /// @notice Supplying what was demanded, whatever it is.
    uint256 internal constant SUPPLY = 400_000;

    /// @notice The most demands in one game.
    uint256 internal constant DEMANDS = 8;

    /// @notice Publishing snapshots: this much, and per byte.
    uint256 internal constant PUBLISH = 75_000;
    uint256 internal constant PUBLISH_BYTE = 45;

    /// @notice Ending a game whose challenger is silent, and collecting what it leaves.
    uint256 internal constant TIMEOUT = 120_000;

    /// @notice What a challenger is paid back for each move when another convicts the claim first.
    uint256 internal constant CHALLENGE = 200_000;
    uint256 internal constant MOVE = 120_000;

    /// @notice Moves of a provider in the longest game at an arity of 2: 20 levels of calls, 17 of tensors, 32 of leaves;
    /// a leaf; and 36 publications.
    uint256 private constant LEVELS_CALLS = 20;
    uint256 private constant LEVELS_NODES = 17;
    uint256 private constant LEVELS_LEAVES = 32;
    uint256 private constant LEVELS_STEPS = 36;

    /// @notice The most moves that a provider can be asked for in one game, opening the trace included.
    function longest(uint256 arityLog2, uint256 snapshotsLog2) internal pure returns (uint256) {
        return
            2 +
            groups(LEVELS_CALLS, arityLog2) +
            groups(LEVELS_NODES, arityLog2) +
            groups(LEVELS_LEAVES, arityLog2) +
            groups(LEVELS_STEPS, snapshotsLog2);
    }

    /// @notice The most gas that a provider can be owed in one game, and half as much again.
    function worst(uint256 arityLog2, uint256 snapshotsLog2) internal pure returns (uint256) {
        uint256 opens = longest(arityLog2, snapshotsLog2) * (OPEN + (OPEN_CHILD << arityLog2));
        uint256 publishes = groups(LEVELS_STEPS, snapshotsLog2) * (PUBLISH_BYTE << (5 + snapshotsLog2));
        return ((OPEN_TRACE + 8 * OPEN_TRACE_OUTPUT + opens + publishes + TIMEOUT) * 3) / 2;
    }

    function groups(uint256 levels, uint256 size) private pure returns (uint256) {
        return (levels + size - 1) / size;
    }
}
