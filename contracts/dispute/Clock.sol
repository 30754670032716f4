// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Clock
/// @notice A chess clock: what each side has left, and since when the side to move has been thinking. Seconds.
///
///      103        64 63          32 31          0
///     ┌─────────────┬──────────────┬─────────────┐
///     │ since       │ challenger   │ provider    │
///     └─────────────┴──────────────┴─────────────┘
///
/// Which side is to move is the game's stage, not the clock's business. A move is in time up to and including the last
/// second of the budget. A side that moves with less than the extension left gets the extension back; games have a
/// bounded number of moves, so the sum of extensions is bounded too.
type Clock is uint104;

using ClockLib for Clock global;

library ClockLib {
    /// Bit offset of a side's budget.
    uint256 internal constant PROVIDER = 0;
    uint256 internal constant CHALLENGER = 32;

    uint256 private constant SINCE = 64;

    /// @notice A clock that starts now.
    function start(uint256 provider, uint256 challenger, uint256 now_) internal pure returns (Clock) {
        return Clock.wrap(uint104((now_ << SINCE) | (challenger << CHALLENGER) | (provider << PROVIDER)));
    }

    /// @notice Seconds a side has left, as of its last move.
    function left(Clock clock, uint256 side) internal pure returns (uint256) {
        return uint32(Clock.unwrap(clock) >> side);
    }

    /// @notice When the last move was made.
    function since(Clock clock) internal pure returns (uint256) {
        return Clock.unwrap(clock) >> SINCE;
    }

    /// @notice The last second in which a side that is to move may do so.
    function deadline(Clock clock, uint256 side) internal pure returns (uint256) {
        return since(clock) + left(clock, side);
    }

    /// @notice Stops a side's clock and starts the other's. The caller has checked the deadline.
    /// @param extension What the side has left at least, in its next turn.
    function punch(Clock clock, uint256 side, uint256 extension, uint256 now_) internal pure returns (Clock) {
        uint256 used = now_ - since(clock);
        uint256 remains = left(clock, side);
        remains = used < remains ? remains - used : 0;
        if (remains < extension) remains = extension;
        uint256 other = side ^ CHALLENGER;
        return Clock.wrap(uint104((now_ << SINCE) | (remains << side) | (left(clock, other) << other)));
    }
}
