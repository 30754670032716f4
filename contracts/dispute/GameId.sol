// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title GameId
/// @notice Names a game: the claim it disputes and its number among that claim's games. So a game stores neither.
///
///      255                                32 31            0
///     ┌────────────────────────────────────┬───────────────┐
///     │               claim id             │ number, from 1│
///     └────────────────────────────────────┴───────────────┘
type GameId is uint256;

using GameIdLib for GameId global;

library GameIdLib {
    /// @notice Joins a claim id below 2^224 and a game's number.
    function pack(uint256 claimId_, uint256 number_) internal pure returns (GameId) {
        return GameId.wrap((claimId_ << 32) | number_);
    }

    function claimId(GameId id) internal pure returns (uint256) {
        return GameId.unwrap(id) >> 32;
    }

    function number(GameId id) internal pure returns (uint32) {
        return uint32(GameId.unwrap(id));
    }
}
