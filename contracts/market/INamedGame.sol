// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What the market asks of a game when it is named.
interface INamedGame {
    /// @notice Whose claims it decides about.
    function HOLDER() external view returns (address);

    /// @notice Most moves of both sides.
    function longest() external view returns (uint256);

    /// @notice By how many seconds a move can extend a clock.
    function EXTENSION() external view returns (uint256);
}
